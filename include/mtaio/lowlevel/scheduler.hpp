/// The seam between what waits and what runs.
#pragma once

#include <mtaio/lowlevel/event.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/timer.hpp>

#include <cstddef>
#include <cstdint>

namespace mtaio::lowlevel {

class BlockingPool;

/// A call of a function that may block its thread.
class BlockingJob : public ListNode<BlockingJob> {
 public:
  using Run = void (*)(BlockingJob&) noexcept;

  explicit BlockingJob(Run what) noexcept : run_{what} {}

  /// Runs the function; the job may be gone when this returns.
  void run() noexcept { run_(*this); }

  /// How many of its kind the caller lets run at once, the limit of a `map`; 0 if that is not said.
  std::size_t at_once = 0;  // NOLINT(*-non-private-member-variables-in-classes)

 private:
  const Run run_;
};

/// Threads for functions that block. `mtaio::ThreadPool` is one.
class BlockingPool {
 public:
  BlockingPool() = default;
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Has `job` run on one of the pool's threads, as soon as one is free. Throws `std::system_error`
  /// when the pool has no thread and cannot start one; then the job will not run. Any thread.
  virtual void submit(BlockingJob& job) = 0;

  /// Takes back a job that has not started. False if it has. Any thread.
  virtual bool withdraw(BlockingJob& job) noexcept = 0;

  /// How many jobs it runs at once, at the most; what simulates it keeps to that.
  [[nodiscard]] virtual std::size_t max_workers() const noexcept { return SIZE_MAX; }

 protected:
  ~BlockingPool() = default;
};

/// What runs jobs: the work-stealing pool of `Runtime`, the simulation, or a loop of one's own.
///
/// Everything above this interface (tasks, queues, gather) is written against it and knows nothing
/// of threads. Members may be called from any thread unless they say otherwise.
class Scheduler : public StandIn {
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
  virtual void feed() noexcept = 0;

  /// Whether only the thread whose turn it is may use this scheduler. Then a run on other threads,
  /// by a function that runs here, does not inherit what would make it do so.
  [[nodiscard]] virtual bool is_simulation() const noexcept { return false; }

 protected:
  ~Scheduler() = default;
};

}  // namespace mtaio::lowlevel
