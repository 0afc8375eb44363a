/// The interface between the code that waits and the code that runs it.
#pragma once

#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/poster.hpp>
#include <mtaio/lowlevel/timer.hpp>

namespace mtaio::lowlevel {

/// Runs the jobs of coroutines: the work-stealing scheduler of `Runtime`, the simulation, or a
/// scheduler of your own.
///
/// Everything above this interface (tasks, queues, gather) is written against it and knows nothing
/// of threads. Members may be called from any thread unless they say otherwise.
class Scheduler : public Poster {
 public:
  /// The current time; virtual time in a simulation.
  [[nodiscard]] virtual TimePoint now() noexcept = 0;

  /// Arms a timer; `TimerHeap::disarm()` disarms it.
  virtual void arm(Timer& timer, TimePoint deadline) noexcept = 0;

  /// Makes sure that an idle thread fires a timer armed for `deadline`, even if the calling thread
  /// computes until then. The default does nothing: it is for schedulers whose timers fire even
  /// while all workers are busy.
  virtual void watch(TimePoint /*deadline*/) noexcept {}

  /// Runs `job` in `pool`, or in the scheduler's own pool if that is null. Throws as
  /// `BlockingPool::submit()` does.
  virtual void run_blocking(BlockingJob& job, BlockingPool* pool) = 0;

  /// Takes back a job given to `run_blocking()`. Returns false if the job has started.
  virtual bool withdraw_blocking(BlockingJob& job, BlockingPool* pool) noexcept = 0;

  /// Wakes an idle worker. Called by a worker of this scheduler that has pushed onto its
  /// `LocalQueues` and found that another worker should be woken. The default does nothing: it is
  /// for schedulers whose threads have no `LocalQueues`.
  virtual void notify_one() noexcept {}

  /// Whether only the thread that runs the simulation may use this scheduler. If so, a function
  /// that runs in a thread does not pass its stop requests on to a run of its own.
  [[nodiscard]] virtual bool is_simulation() const noexcept { return false; }

 protected:
  ~Scheduler() = default;
};

/// Runs `job`, and all the coroutines that follow from it, until one suspends without a successor.
/// For the loop of a scheduler, on the thread that runs its jobs.
[[gnu::visibility("default")]] void run_job(Job& job) noexcept;

}  // namespace mtaio::lowlevel
