/// What `acquire()` and `lock()` return.
#pragma once

#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/sync/held_permits.hpp>
#include <mtaio/sync/permit_pool.hpp>
#include <mtaio/timeout.hpp>

#include <coroutine>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace mtaio::internal {

/// `Held` owns `HeldPermits<Held::kShare>`. `Result` is `Held`, or `std::optional<Held>` if the
/// time may run out.
template <class Held, class Result>
class [[nodiscard]] AcquireOperation {
  static constexpr bool kMayTimeOut = !std::is_same_v<Held, Result>;

 public:
  AcquireOperation(PermitPool& pool, std::int64_t count, Timeout timeout) noexcept
      : pool_{&pool}, count_{count}, timeout_{timeout} {}

  class Awaiter;
  Awaiter operator co_await() const noexcept { return Awaiter{*pool_, count_, timeout_}; }

 private:
  PermitPool* pool_;
  std::int64_t count_;
  Timeout timeout_;
};

template <class Held, class Result>
class AcquireOperation<Held, Result>::Awaiter {
 public:
  using resumes_at_home = void;

  Awaiter(PermitPool& pool, std::int64_t count, Timeout timeout) noexcept
      : pool_{pool}, count_{count}, timeout_{timeout} {}

  [[nodiscard]] bool await_ready() noexcept {
    taken_ = pool_.template try_take<Held::kShare>(count_);
    return taken_ || (kMayTimeOut && timeout_.is_now());
  }

  // Not inlined: see WaitAwaiter::await_suspend().
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    PermitWaiter& waiter = waiter_.emplace(count_);
    waiter.prepare(awaiting);
    if constexpr (kMayTimeOut) waiter.arm(timeout_);
    return pool_.enlist(waiter);
  }

  Result await_resume() {
    if (waiter_) [[unlikely]]
      taken_ = lowlevel::end_wait(pool_, *waiter_);
    if constexpr (kMayTimeOut) {
      if (!taken_) return std::nullopt;
    }
    return Held{HeldPermits<Held::kShare>{pool_, count_}};
  }

 private:
  PermitPool& pool_;
  std::int64_t count_;
  Timeout timeout_;
  bool taken_ = false;
  // Exists only if the task has to wait.
  std::optional<PermitWaiter> waiter_;
};

/// Takes permits if they are free and no task waits for them.
template <class Held>
std::optional<Held> try_acquire(PermitPool& pool, std::int64_t count) noexcept {
  if (!pool.template try_take<Held::kShare>(count)) return std::nullopt;
  return Held{HeldPermits<Held::kShare>{pool, count}};
}

}  // namespace mtaio::internal
