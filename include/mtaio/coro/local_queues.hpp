/// The part of a worker that tasks touch directly.
#pragma once

#include <mtaio/coro/idle_counts.hpp>
#include <mtaio/lockfree/work_deque.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>

namespace mtaio::internal {

/// One worker of a scheduler: the part of it that tasks touch directly, without a virtual call.
///
/// E1  push <-> sleep   A worker that goes to sleep counts itself among the sleepers and then looks
///                      at all deques once more; whoever pushes looks for sleepers afterwards. Each
///                      side puts a full fence in between, the pusher the light half of an
///                      asymmetric one: either the sleeper sees the work or the pusher sees the
///                      sleeper.
/// E2  push <-> search  A pusher wakes none as long as a worker is looking for work. So the last
///                      one that stops looking, because it has found something, puts the heavy half
///                      between saying so and one more look at all deques; for what it finds there
///                      it wakes a sleeper. Either it sees the work or the pusher sees that none is
///                      looking any more. If it stops looking in order to sleep, E1 is that look.
struct LocalQueues {
  LocalQueues(lowlevel::Scheduler& owner, const IdleCounts& of_owner) noexcept
      : scheduler{owner}, idle_counts{of_owner} {}
  LocalQueues(const LocalQueues&) = delete;
  LocalQueues& operator=(const LocalQueues&) = delete;

  /// Whether `scheduler.notify_one()` is to be called, because others might take what this worker
  /// has just pushed onto `forks`. Owner only.
  template <class Fences = AsymmetricFences>
  [[nodiscard]] bool should_notify() const noexcept {
    Fences::owner();  // E1
    return idle_counts.should_notify();
  }

  lowlevel::Scheduler& scheduler;
  const IdleCounts& idle_counts;
  WorkDeque<lowlevel::Job, 1024, AsymmetricFences>
      fan_outs;  // gathers that have children left to start
};

}  // namespace mtaio::internal
