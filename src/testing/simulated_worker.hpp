/// A worker without a thread.
#pragma once

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>

namespace mtaio::testing {

/// A worker of a simulation: its fan-outs with children to start, and its timers.
class SimulatedWorker {
 public:
  SimulatedWorker(lowlevel::Scheduler& scheduler, const internal::IdleCounts& idle_counts) noexcept
      : queues_{scheduler, idle_counts} {}

  /// The calling thread is this worker from now on.
  void enter() noexcept { internal::this_thread().set_worker(queues_, true); }

  [[nodiscard]] bool has_fan_outs() const noexcept { return !queues_.fan_outs.empty(); }
  /// The youngest fan-out, as its owner takes it; null if there is none.
  lowlevel::Job* pop_fan_out() noexcept { return queues_.fan_outs.pop(); }
  /// The oldest fan-out, as another worker takes it; null if there is none.
  lowlevel::Job* steal_fan_out() noexcept { return queues_.fan_outs.steal(); }

  void arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept {
    timers_.arm(timer, deadline);
  }
  /// The deadline of the next timer that can fire; `TimePoint::max()` if there is none. While one
  /// of its timers is firing, no other can, unless that one blocks.
  [[nodiscard]] lowlevel::TimePoint next_deadline() const noexcept {
    return firing_ ? lowlevel::TimePoint::max() : timers_.next_deadline();
  }
  /// Fires the timers with the earliest deadline.
  void fire() noexcept {
    firing_ = true;
    timers_.fire_due(timers_.next_deadline());
    firing_ = false;
  }
  /// The thread is going to block, maybe in a timer that is firing.
  void let_others_fire() noexcept {
    timers_.let_others_fire();
    firing_ = false;
  }

 private:
  internal::LocalQueues queues_;
  lowlevel::TimerHeap timers_;
  bool firing_ = false;
};

}  // namespace mtaio::testing
