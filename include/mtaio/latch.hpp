/// A countdown that tasks can wait for.
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

/// Lets tasks wait until something has happened a number of times. A latch whose count has reached
/// zero is open, and stays open.
///
/// From docs/latch.md:
///
///     mtaio::Latch ready{2};
///     mtaio::TaskExecutor executor;  // its destructor waits for the tasks, which use `ready`
///     const auto one = executor.create_task(prepare(ready));
///     const auto two = executor.create_task(prepare(ready));
///     const bool in_time = co_await ready.wait(5s);
///
/// What a thread did before `count_down()` is visible to every task that `wait()` lets through.
/// Destroying a latch while a task waits on it ends the program with a message.
class [[gnu::visibility("default")]] Latch {
 public:
  class Wait;
  class CountedDown;

  /// Opens after `count` steps; with zero it is open from the start. Throws
  /// `std::invalid_argument` if `count` is negative.
  explicit Latch(std::ptrdiff_t count);
  explicit Latch(internal::NotACount auto count) = delete;
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;
  ~Latch();

  /// Lowers the count by `n` during the call itself; the count stops at zero. Throws
  /// `std::invalid_argument` if `n` is negative. The result may be awaited or ignored.
  ///
  /// Suspends:  never.
  /// Resumes:   immediately.
  /// Cancelled: not a cancellation point.
  /// Threads:   any, including threads outside any runtime.
  /// Lifetime:  a task that wait() lets through may destroy the latch immediately.
  CountedDown count_down(std::ptrdiff_t n = 1);
  CountedDown count_down(internal::NotACount auto n) = delete;

  /// Waits until the count is zero, and returns true. The operation may be awaited again.
  ///
  /// Suspends:  only while the count is above zero.
  /// Resumes:   on the waiting task's own scheduler, in order of arrival; not inside count_down().
  /// Cancelled: throws CancelledError and leaves the count as it was. Not a cancellation point
  ///            while the latch is open.
  /// Threads:   any.
  /// Lifetime:  the latch must outlive its waiters.
  [[nodiscard]] Wait wait() noexcept;

  /// The same with the same promises, for at most `timeout` from the `co_await`: returns false if
  /// the time runs out. `wait(0s)` only checks the count: it does not suspend, and is not a
  /// cancellation point.
  [[nodiscard]] Wait wait(Timeout timeout) noexcept;

  /// The count; it may change before the caller uses it. Any thread.
  [[nodiscard]] std::size_t get_count() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }

  // For `lowlevel` code: the steps of a wait.

  [[nodiscard]] bool is_open() noexcept;
  /// The same under the name that `lowlevel::TimedWaitAwaiter` calls.
  [[nodiscard]] bool ready() noexcept { return is_open(); }
  /// Adds a waiter for the count to be zero. Returns false if it must not wait.
  bool enlist(lowlevel::Waiter& waiter) noexcept;
  /// Takes out a waiter that was not served.
  void forget(lowlevel::Waiter& waiter) noexcept;

 private:
  // Guards the members below.
  lowlevel::SpinLock lock_;
  // Read without the lock by get_count().
  std::atomic<std::size_t> count_;
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
