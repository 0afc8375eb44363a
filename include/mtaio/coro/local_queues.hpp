/// The part of a worker that tasks touch directly.
#pragma once

#include <mtaio/coro/idle_counts.hpp>
#include <mtaio/lockfree/work_deque.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>

namespace mtaio::internal {

/// The part of a worker that tasks touch directly, without a virtual call. A task that has pushed a
/// fan-out calls should_notify(), the pusher's end of the edges push/sleep and push/search
/// (src/runtime/idle.hpp).
struct LocalQueues {
  LocalQueues(lowlevel::Scheduler& owner, const IdleCounts& counts_of_owner) noexcept
      : scheduler{owner}, idle_counts{counts_of_owner} {}
  LocalQueues(const LocalQueues&) = delete;
  LocalQueues& operator=(const LocalQueues&) = delete;

  /// Whether the caller must call `scheduler.notify_one()`, because an idle worker could take the
  /// fan-out that was just pushed onto `fan_outs`. Owner only.
  template <class Fences = AsymmetricFences>
  [[nodiscard]] bool should_notify() const noexcept {
    Fences::owner();  // push/sleep, push/search: the pusher
    return idle_counts.should_notify();
  }

  lowlevel::Scheduler& scheduler;
  const IdleCounts& idle_counts;
  /// Fan-outs that have children left to start.
  WorkDeque<lowlevel::Job, 1024, AsymmetricFences> fan_outs;
};

}  // namespace mtaio::internal
