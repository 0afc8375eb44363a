/// A scope of cancellation that may end at a point in time.
#pragma once

#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>

namespace mtaio::internal {

/// The context of children that have until a deadline. The timer is armed when somebody waits in
/// the scope for the first time; before that, and for those who never wait, `stop_requested()`
/// looks at the clock itself.
class [[gnu::visibility("default")]] TimedContext final : public TaskContext,
                                                          private lowlevel::StopScope::Hooks,
                                                          private lowlevel::Timer {
 public:
  /// Throws as `scheduler_of()` does.
  TimedContext(TaskContext* parent, Timeout timeout);
  /// On any thread: `scheduler` is the one of `parent`.
  TimedContext(TaskContext* parent, Timeout timeout, lowlevel::Scheduler& scheduler) noexcept;
  ~TimedContext() { close(); }

  /// When the children have ended: the deadline has no effect any more.
  void close() noexcept { lowlevel::TimerHeap::disarm(*this); }
  /// Whether the deadline passed while there still were children, and nothing else had asked them
  /// to stop before. After `close()`.
  [[nodiscard]] bool expired() const noexcept { return expired_.load(std::memory_order_acquire); }
  /// Whether it also made a difference to them. What they have done without ever noticing it counts
  /// as done in time; an item that a queue had already handed over when the time ran out is not
  /// lost.
  [[nodiscard]] bool cut_off() const noexcept { return expired() && scope.noticed(); }

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
