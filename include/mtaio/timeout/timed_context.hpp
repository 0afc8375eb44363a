/// A scope of cancellation with a deadline.
#pragma once

#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>
#include <exception>

namespace mtaio::internal {

/// The context of tasks that have a deadline.
///
/// The timer is armed when a task waits in the scope for the first time. Until then, and for tasks
/// that never wait, `stop_requested()` looks at the clock itself.
///
/// expire/ended   The thread that finds the deadline passed sets `expired_` before it asks the
///                scope to stop. The thread on which the children have ended reads it. The two
///                threads may have no other edge between them than `expired_` itself: store with
///                release, load with acquire.
class [[gnu::visibility("default")]] TimedContext final : public TaskContext,
                                                          private lowlevel::StopScope::Hooks,
                                                          private lowlevel::Timer {
 public:
  /// Throws as `scheduler_of()` does.
  TimedContext(TaskContext* parent, Timeout timeout);
  /// For a thread that no scheduler runs: `scheduler` is the scheduler of `parent`.
  TimedContext(TaskContext* parent, Timeout timeout, lowlevel::Scheduler& scheduler) noexcept;
  ~TimedContext() { close(); }

  /// Removes the deadline. REQUIRES: the children have ended.
  void close() noexcept { lowlevel::TimerHeap::disarm(*this); }
  /// Whether the deadline passed before the children ended, and before they were asked to stop.
  /// REQUIRES: `close()` was called.
  [[nodiscard]] bool expired() const noexcept {
    // expire/ended, the reader.
    return expired_.load(std::memory_order_acquire);
  }
  /// Whether the deadline passed and the children noticed it. Children that did not notice it count
  /// as done in time, so an item that a queue has already handed over is not lost.
  [[nodiscard]] bool cut_off() const noexcept { return expired() && scope.noticed(); }
  /// Closes the context of a single child that has ended with `error`, which is null if it has
  /// returned a value. Throws a `TimeoutError` if the child was cut off.
  void finish(Timeout timeout, const std::exception_ptr& error);

 private:
  bool poll() noexcept override;
  void attached() noexcept override;
  static void fire(lowlevel::Timer& timer) noexcept;
  void expire() noexcept;

  lowlevel::Scheduler* scheduler_ = nullptr;
  lowlevel::TimePoint deadline_ = lowlevel::TimePoint::max();
  std::atomic<bool> expired_{false};
};

}  // namespace mtaio::internal
