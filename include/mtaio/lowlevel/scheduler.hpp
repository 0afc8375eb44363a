/// The seam between what waits and what runs.
#pragma once

#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/blocking_handler.hpp>

namespace mtaio::lowlevel {

/// What runs jobs: the work-stealing pool of `Runtime`, the simulation, or a loop of one's own.
///
/// Everything above this interface (tasks, queues, gather) is written against it and knows nothing
/// of threads. Members may be called from any thread unless they say otherwise.
class Scheduler : public internal::BlockingHandler {
 public:
  /// Has `job` run soon, never inside this call. What happened before `post()` is visible to the
  /// job.
  virtual void post(Job& job) noexcept = 0;

  /// The current time; virtual time in a simulation.
  [[nodiscard]] virtual TimePoint now() noexcept = 0;

  /// Arms a timer, to be disarmed with `TimerHeap::disarm()`.
  virtual void arm(Timer& timer, TimePoint deadline) noexcept = 0;

  /// Has somebody idle watch a timer armed for `deadline`, because the calling thread may go on
  /// computing.
  /// Nothing to do for a scheduler whose timers fire whatever its workers do.
  virtual void watch(TimePoint /*deadline*/) noexcept {}

  /// Runs `job` in `pool`, or in the scheduler's own pool if that is null. Throws as
  /// `BlockingPool::submit()` does.
  virtual void run_blocking(BlockingJob& job, BlockingPool* pool) = 0;

  /// Takes back a job given to `run_blocking()` that has not started. False if it has.
  virtual bool withdraw_blocking(BlockingJob& job, BlockingPool* pool) noexcept = 0;

  /// Called by a worker that has pushed onto its `forks` and found that others are hungry.
  virtual void notify_one() noexcept = 0;

  /// Whether only the thread whose turn it is may use this scheduler. Then a run on other threads,
  /// by a function that runs here, does not inherit what would make it do so.
  [[nodiscard]] virtual bool is_simulation() const noexcept { return false; }

 protected:
  ~Scheduler() = default;
};

}  // namespace mtaio::lowlevel
