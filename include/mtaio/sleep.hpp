/// Waiting for time to pass.
#pragma once

#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/timeout.hpp>

#include <coroutine>

namespace mtaio {

/// What `sleep()` returns.
class [[nodiscard, gnu::visibility("default")]] Sleep {
 public:
  explicit Sleep(Timeout timeout) noexcept : timeout_{timeout} {}
  class Awaiter;
  Awaiter operator co_await() const noexcept;

 private:
  Timeout timeout_;
};

class [[gnu::visibility("default")]] Sleep::Awaiter {
 public:
  using resumes_at_home = void;

  explicit Awaiter(Timeout timeout) noexcept : timeout_{timeout} {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiter_.prepare(awaiting);
    return suspend();
  }
  void await_resume() {
    if (waiter_.finish() == lowlevel::Waiter::State::kCancelled) lowlevel::throw_cancelled();
  }

 private:
  bool suspend() noexcept;

  Timeout timeout_;
  lowlevel::TimedWaiter waiter_;
};

inline Sleep::Awaiter Sleep::operator co_await() const noexcept { return Awaiter{timeout_}; }

/// Waits until `timeout` has passed since the `co_await`. `sleep(0s)` lets everything else that is
/// ready run first. The operation may be awaited again, and waits the whole time again.
///
/// From docs/sleep.md:
///
///     co_await mtaio::sleep(100ms);
///
/// Suspends:  always, unless a stop was requested before.
/// Resumes:   on the task's own scheduler, not before the time has passed.
/// Cancelled: throws CancelledError immediately, even with sleep(0s), and if stop was requested
///            before.
/// Threads:   any.
/// Lifetime:  no requirement.
inline Sleep sleep(Timeout timeout) noexcept { return Sleep{timeout}; }

}  // namespace mtaio
