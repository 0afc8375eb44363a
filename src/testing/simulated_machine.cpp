#include "testing/simulated_machine.hpp"

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/coro/trampoline.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace mtaio::testing {
namespace {

// How many functions the runtime's own pool runs concurrently.
constexpr std::size_t kBlockingThreads = 64;
// A thief is faster than the owner once in this many pushes.
constexpr std::size_t kSteals = 4;

// With a seed, time passes although something is ready. Of kOutOf steps,
constexpr std::size_t kOutOf = 64;
// this many let it pass up to the next timer, if that is near enough;
constexpr std::size_t kTimerPasses = 8;
// otherwise this many let it pass as far as max_lag allows.
constexpr std::size_t kLagPasses = 1;

}  // namespace

SimulatedMachine::SimulatedMachine(lowlevel::Scheduler& scheduler, Baton& baton,
                                   const SimulationOptions& options)
    : max_lag_{options.max_lag},
      choices_{options.seed},
      workers_{SimulatedWorker{scheduler, idle_counts_}, SimulatedWorker{scheduler, idle_counts_}},
      blocked_{baton, lag_} {
  if (max_lag_.nanoseconds() < std::chrono::nanoseconds::zero()) {
    throw std::invalid_argument{"Simulation: max_lag cannot be negative."};
  }
  // One worker counts as asleep, so that the other calls notify_one() at every push.
  if (choices_.random()) idle_counts_.add_sleeping(1);
}

void SimulatedMachine::restart(std::uint64_t seed) noexcept {
  choices_.restart(seed);
  steps_ = 0;
  now_ = TimePoint{};
}

// --- What becomes ready ---

void SimulatedMachine::post(lowlevel::Job& job) noexcept { jobs_.add({&job, lag_.begin(now_)}); }

// This choice also determines the order of timers with the same deadline, because each worker fires
// its own.
void SimulatedMachine::arm(lowlevel::Timer& timer, TimePoint deadline) noexcept {
  any_worker().arm(timer, deadline);
}

void SimulatedMachine::submit(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) {
  // Without a seed, all functions are in one queue.
  if (!choices_.random()) pool = nullptr;
  pools_.submit(job, pool, pool ? pool->max_workers() : kBlockingThreads, now_);
}

bool SimulatedMachine::withdraw(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) noexcept {
  return pools_.withdraw(job, choices_.random() ? pool : nullptr);
}

void SimulatedMachine::maybe_steal() noexcept {
  if (choices_.among(kSteals) != 0) return;
  internal::LocalQueues* worker = internal::this_thread().worker();
  if (lowlevel::Job* fan_out = worker->fan_outs.steal()) post(*fan_out);
}

void SimulatedMachine::block(const internal::ThreadEvent& event) noexcept {
  for (SimulatedWorker& worker : workers_) worker.let_others_fire();
  blocked_.block(event);
}

// --- The choice of the next step ---

bool SimulatedMachine::step() noexcept {
  ++steps_;
  if (!blocked_.empty()) blocked_.update(now_);
  return choices_.random() ? step_at_random() : step_in_order();
}

bool SimulatedMachine::step_in_order() noexcept {
  if (blocked_.ready() > 0) {
    resume_thread(0);
    return true;
  }
  SimulatedWorker& worker = workers_.front();
  if (worker.next_deadline() <= now_) {
    fire_timers(worker);
    return true;
  }
  // Alternately, as the workers of a runtime do.
  const bool fan_out_first = steps_ % 2 == 0;
  if (jobs_.size() == 0 || fan_out_first) {
    if (lowlevel::Job* fan_out = worker.pop_fan_out()) {
      run_job(worker, *fan_out);
      return true;
    }
  }
  if (jobs_.size() > 0) {
    run_posted(0);
    return true;
  }
  if (pools_.startable() > 0) {
    pools_.start(0);
    run_function(0);
    return true;
  }
  return let_time_pass();
}

bool SimulatedMachine::step_at_random() noexcept {
  std::size_t fan_outs = 0;
  std::size_t timers = 0;
  for (const SimulatedWorker& worker : workers_) {
    if (worker.has_fan_outs()) ++fan_outs;
    if (worker.next_deadline() <= now_) ++timers;
  }
  const std::size_t jobs = jobs_.size();
  const std::size_t startable = pools_.empty() ? 0 : pools_.startable();
  const std::size_t started = pools_.started();
  const std::size_t all = jobs + fan_outs + startable + started + timers + blocked_.ready();
  if (all == 0) return let_time_pass();
  // No time passes while there are expired timers or fan-outs, because it is not recorded when they
  // became ready.
  if (timers == 0 && fan_outs == 0 && let_time_pass_at_random()) return true;

  std::size_t chosen = choices_.among(all);
  if (chosen < jobs) {
    run_posted(chosen);
  } else if (chosen -= jobs; chosen < fan_outs) {
    run_fan_out();
  } else if (chosen -= fan_outs; chosen < startable) {
    start_function(chosen);
  } else if (chosen -= startable; chosen < started) {
    run_function(chosen);
  } else if (chosen -= started; chosen < timers) {
    fire_timers(workers_[0].next_deadline() <= now_ ? workers_[0] : workers_[1]);
  } else {
    resume_thread(chosen - timers);
  }
  return true;
}

// --- Time ---

lowlevel::TimePoint SimulatedMachine::next_deadline() const noexcept {
  return std::min(workers_[0].next_deadline(), workers_[1].next_deadline());
}

void SimulatedMachine::pass_time_until(TimePoint time) noexcept {
  now_ = time;
  choices_.record(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

/// Returns false if no timer is armed. REQUIRES: nothing is ready.
bool SimulatedMachine::let_time_pass() noexcept {
  const TimePoint next = next_deadline();
  if (next == TimePoint::max()) return false;
  pass_time_until(next);
  last_step_ = Step::kRest;
  return true;
}

/// Returns whether it did. REQUIRES: something is ready, and no timer has expired.
bool SimulatedMachine::let_time_pass_at_random() noexcept {
  const TimePoint latest = lowlevel::deadline_after(lag_.oldest(), max_lag_);
  const TimePoint next = next_deadline();
  const bool up_to_timer = next <= latest && next != TimePoint::max();
  if (!up_to_timer && (latest <= now_ || latest == TimePoint::max())) return false;
  if (choices_.among(kOutOf) >= (up_to_timer ? kTimerPasses : kLagPasses)) return false;
  pass_time_until(up_to_timer ? next : latest);
  last_step_ = Step::kTime;
  return true;
}

// --- The steps ---

void SimulatedMachine::fire_timers(SimulatedWorker& worker) noexcept {
  last_step_ = Step::kTimers;
  worker.enter();
  worker.fire();
}

void SimulatedMachine::run_job(SimulatedWorker& worker, lowlevel::Job& job) noexcept {
  last_step_ = Step::kTask;
  worker.enter();
  lowlevel::run_job(job);
}

void SimulatedMachine::run_posted(std::size_t index) noexcept {
  const ReadyJobs::Entry entry = jobs_.take(index);
  lag_.end(entry.generation);
  run_job(any_worker(), *entry.job);
}

void SimulatedMachine::run_fan_out() noexcept {
  std::size_t owner = choices_.among(workers_.size());
  if (!workers_[owner].has_fan_outs()) owner = 1 - owner;
  const std::size_t taker = choices_.among(workers_.size());
  lowlevel::Job* fan_out =
      taker == owner ? workers_[owner].pop_fan_out() : workers_[owner].steal_fan_out();
  run_job(workers_[taker], *fan_out);
}

void SimulatedMachine::start_function(std::size_t index) noexcept {
  last_step_ = Step::kFunction;
  pools_.start(index);
}

void SimulatedMachine::run_function(std::size_t index) noexcept {
  last_step_ = Step::kFunction;
  const SimulatedPools::Function function = pools_.take(index);
  // A thread of a pool is not a worker.
  {
    internal::SavedThreadContext saved;
    saved.leave_worker();
    function.job->run();
  }
  pools_.ended(function);
}

void SimulatedMachine::resume_thread(std::size_t index) noexcept {
  last_step_ = Step::kTask;
  blocked_.resume(index);
}

}  // namespace mtaio::testing
