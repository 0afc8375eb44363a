/// A countdown to wait for.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>

namespace mtaio {

/// Lets tasks wait until something has happened a number of times. Once at zero it stays open.
///
///     mtaio::Latch ready{3};
///     ...
///     ready.count_down();                      // in three places
///     ...
///     const bool in_time = co_await ready.wait(5s);
///     if (!in_time) give_up();
///
/// What a thread did before `count_down()` is visible to whoever `wait()` lets through. Destroying
/// a latch that somebody waits on ends the program with a message.
class [[gnu::visibility("default")]] Latch {
 public:
  class Wait;
  class CountedDown;

  /// Opens after `count` steps; zero: open from the start. Throws `std::invalid_argument` if
  /// negative.
  explicit Latch(std::ptrdiff_t count);
  explicit Latch(internal::NotACount auto count) = delete;
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;
  ~Latch();

  /// Takes `n` steps, at the call; the count stops at zero. Throws `std::invalid_argument` if `n`
  /// is negative. The result may be awaited or ignored.
  ///
  /// Suspends:  never.
  /// Resumes:   at once.
  /// Cancelled: no cancellation point.
  /// Threads:   any, also such that belong to no runtime.
  /// Lifetime:  a task that is let through may destroy the latch at once.
  CountedDown count_down(std::ptrdiff_t n = 1);
  CountedDown count_down(internal::NotACount auto n) = delete;

  /// Waits until the count is zero, and gives true. What this returns may be awaited again.
  ///
  /// Suspends:  only while the count is above zero.
  /// Resumes:   on the waiter's own scheduler, first come first served; never inside count_down().
  /// Cancelled: throws CancelledError and leaves the count as it was.
  /// Threads:   any.
  /// Lifetime:  the latch outlives its waiters.
  [[nodiscard]] Wait wait() noexcept;

  /// The same for at most `timeout`, counted from the `co_await`: false when the time ran out.
  /// `wait(0s)` only looks.
  [[nodiscard]] Wait wait(Timeout timeout) noexcept;

  [[nodiscard]] std::size_t get_count() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }

  // For `lowlevel` code: the steps of a wait.

  [[nodiscard]] bool is_open() noexcept;
  /// The same, as `lowlevel::TimedWaitAwaiter` asks it.
  [[nodiscard]] bool ready() noexcept { return is_open(); }
  /// Waits for the count to be zero. True if suspended.
  bool enlist(lowlevel::Waiter& waiter) noexcept;
  /// Takes out a waiter that gives up.
  void forget(lowlevel::Waiter& waiter) noexcept;

 private:
  lowlevel::SpinLock lock_;         // guards all below
  std::atomic<std::size_t> count_;  // read without the lock by get_count()
  lowlevel::WaitList waiters_;
};

class Latch::CountedDown {
 public:
  using resumes_at_home = void;

  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}
};

class [[nodiscard]] Latch::Wait {
 public:
  using Awaiter = lowlevel::TimedWaitAwaiter<Latch&>;

  Wait(Latch& latch, Timeout timeout) noexcept : latch_{&latch}, timeout_{timeout} {}
  Awaiter operator co_await() const noexcept { return Awaiter{*latch_, timeout_}; }

 private:
  Latch* latch_;
  Timeout timeout_;
};

inline Latch::Wait Latch::wait() noexcept { return wait(Timeout::forever()); }
inline Latch::Wait Latch::wait(Timeout timeout) noexcept { return Wait{*this, timeout}; }

extern template class lowlevel::TimedWaitAwaiter<Latch&>;

}  // namespace mtaio
