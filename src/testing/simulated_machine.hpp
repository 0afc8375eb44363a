/// A machine without threads and without a clock.
#pragma once

#include <mtaio/coro/idle_counts.hpp>
#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/testing/simulation.hpp>

#include "testing/baton.hpp"
#include "testing/blocked_threads.hpp"
#include "testing/choices.hpp"
#include "testing/lag.hpp"
#include "testing/ready_jobs.hpp"
#include "testing/simulated_pools.hpp"
#include "testing/simulated_worker.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mtaio::testing {

/// The workers, the thread pools and the clock of a simulation. It makes one step after the other.
/// In a step it does one of these:
///
///   - it runs a job that was posted,
///   - it continues a fan-out that has children to start and is in the deque of a worker: the owner
///     pops it, or the other worker steals it,
///   - it starts a function of a thread pool, or runs one,
///   - it fires the expired timers of a worker,
///   - it resumes a thread that was blocked in a destructor and whose event has been set,
///   - it lets time pass.
///
/// With a seed, the step is drawn; it depends on the seed and nothing else. Without a seed it
/// follows a fixed order. A fan-out that is stolen as soon as it was pushed counts as a posted job.
class SimulatedMachine {
 public:
  using TimePoint = lowlevel::TimePoint;

  /// Throws `std::invalid_argument` for a negative `max_lag`.
  SimulatedMachine(lowlevel::Scheduler& scheduler, Baton& baton, const SimulationOptions& options);
  SimulatedMachine(const SimulatedMachine&) = delete;
  SimulatedMachine& operator=(const SimulatedMachine&) = delete;

  /// REQUIRES: nothing is ready, and no timer is armed.
  void restart(std::uint64_t seed) noexcept;

  [[nodiscard]] Choices& choices() noexcept { return choices_; }
  [[nodiscard]] const Choices& choices() const noexcept { return choices_; }
  [[nodiscard]] TimePoint now() const noexcept { return now_; }
  /// How many steps there have been.
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  /// What the last step was.
  [[nodiscard]] Step last_step() const noexcept { return last_step_; }
  [[nodiscard]] bool timers_armed() const noexcept { return next_deadline() != TimePoint::max(); }
  /// Whether no job, function or blocked thread is ready.
  [[nodiscard]] bool nothing_lags() const noexcept { return lag_.empty(); }
  [[nodiscard]] bool has_blocked_threads() const noexcept { return !blocked_.empty(); }

  void post(lowlevel::Job& job) noexcept;
  void arm(lowlevel::Timer& timer, TimePoint deadline) noexcept;
  /// Submits a function to `pool`, or to the runtime's own pool if that is null. Throws
  /// `std::bad_alloc`.
  void submit(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool);
  /// Takes back a function that was submitted. Returns false if it has started.
  [[nodiscard]] bool withdraw(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) noexcept;
  /// The worker on this thread has pushed a fan-out: now and then the other one steals it
  /// immediately.
  void maybe_steal() noexcept;
  /// Blocks the calling thread until `event` is set; another thread makes the steps meanwhile.
  void block(const internal::ThreadEvent& event) noexcept;

  /// The calling thread is the first worker from now on.
  void enter_first_worker() noexcept { workers_.front().enter(); }
  /// Makes the next step. Returns false if there is none: nothing is ready, and no timer is armed.
  bool step() noexcept;

 private:
  bool step_in_order() noexcept;
  bool step_at_random() noexcept;
  bool let_time_pass() noexcept;
  bool let_time_pass_at_random() noexcept;
  void pass_time_until(TimePoint time) noexcept;
  void run_job(SimulatedWorker& worker, lowlevel::Job& job) noexcept;
  void run_posted(std::size_t index) noexcept;
  void run_fan_out() noexcept;
  void start_function(std::size_t index) noexcept;
  void run_function(std::size_t index) noexcept;
  void fire_timers(SimulatedWorker& worker) noexcept;
  void resume_thread(std::size_t index) noexcept;

  [[nodiscard]] TimePoint next_deadline() const noexcept;
  /// Both workers; without a seed only the first.
  std::span<SimulatedWorker> workers() noexcept {
    return {workers_.data(), choices_.random() ? workers_.size() : 1};
  }
  SimulatedWorker& any_worker() noexcept { return workers()[choices_.among(workers().size())]; }

  const Timeout max_lag_;
  Choices choices_;
  TimePoint now_{};
  std::uint64_t steps_ = 0;
  /// The step that is being made, or the last one.
  Step last_step_ = Step::kTask;

  internal::IdleCounts idle_counts_;
  std::array<SimulatedWorker, 2> workers_;
  /// Of the jobs, the functions and the blocked threads.
  Lag lag_;
  ReadyJobs jobs_;
  SimulatedPools pools_{lag_};
  BlockedThreads blocked_;
};

}  // namespace mtaio::testing
