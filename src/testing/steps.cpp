#include <mtaio/platform/thread_id.hpp>

#include "testing/simulated_scheduler.hpp"

#include <algorithm>
#include <utility>

namespace mtaio::testing {
namespace {

// With a seed, time passes although something is ready: up to the next timer so often,
constexpr std::size_t kTimerPasses = 8;
// and as far as is allowed so often,
constexpr std::size_t kLagPasses = 1;
// out of so many steps.
constexpr std::size_t kOutOf = 64;

}  // namespace

// --- What comes next ---

bool SimulatedScheduler::step_in_order() noexcept {
  if (!unblocked_.empty()) {
    unblock(0);
    return true;
  }
  Seat& seat = seats_.front();
  if (seat.next_deadline() <= now_) {
    fire(seat);
    return true;
  }
  // In turn, as the workers of a runtime do.
  const bool fan_out_first = steps_ % 2 == 0;
  if (jobs_.size() == 0 || fan_out_first) {
    if (lowlevel::Job* fan_out = seat.worker.fan_outs.pop()) {
      run_job(seat, *fan_out);
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

bool SimulatedScheduler::step_at_random() noexcept {
  std::size_t fan_outs = 0;
  std::size_t timers = 0;
  for (const Seat& seat : seats_) {
    if (!seat.worker.fan_outs.empty()) ++fan_outs;
    if (seat.next_deadline() <= now_) ++timers;
  }
  const std::size_t jobs = jobs_.size();
  const std::size_t startable = pools_.empty() ? 0 : pools_.startable();
  const std::size_t started = pools_.started();
  const std::size_t all = jobs + fan_outs + startable + started + timers + unblocked_count_;
  if (all == 0) return let_time_pass();
  // Timers do not lag, and neither do children that are to be started: nobody knows since when.
  if (timers == 0 && fan_outs == 0 && let_time_pass_at_random()) return true;

  std::size_t chosen = choices_.among(all);
  if (chosen < jobs) {
    run_posted(chosen);
  } else if (chosen -= jobs; chosen < fan_outs) {
    run_fan_out();
  } else if (chosen -= fan_outs; chosen < startable) {
    what_ = Step::kFunction;
    pools_.start(chosen);
  } else if (chosen -= startable; chosen < started) {
    run_function(chosen);
  } else if (chosen -= started; chosen < timers) {
    fire_timer();
  } else {
    unblock(chosen - timers);
  }
  return true;
}

// --- Time ---

lowlevel::TimePoint SimulatedScheduler::next_deadline() const noexcept {
  return std::min(seats_[0].next_deadline(), seats_[1].next_deadline());
}

void SimulatedScheduler::pass_time_until(TimePoint time) noexcept {
  now_ = time;
  choices_.record(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

/// REQUIRES: nothing is ready.
bool SimulatedScheduler::let_time_pass() noexcept {
  const TimePoint next = next_deadline();
  if (next == TimePoint::max()) return false;
  pass_time_until(next);
  what_ = Step::kRest;
  return true;
}

/// REQUIRES: something is ready, and no timer is due.
bool SimulatedScheduler::let_time_pass_at_random() noexcept {
  const TimePoint latest = lowlevel::deadline_after(lag_.oldest(), max_lag_);
  const TimePoint next = next_deadline();
  const bool to_timer = next <= latest && next != TimePoint::max();
  if (!to_timer && (latest <= now_ || latest == TimePoint::max())) return false;
  if (choices_.among(kOutOf) >= (to_timer ? kTimerPasses : kLagPasses)) return false;
  pass_time_until(to_timer ? next : latest);
  what_ = Step::kTime;
  return true;
}

/// On which seat a timer is was drawn when it was armed, and with that their order.
void SimulatedScheduler::fire_timer() noexcept {
  fire(seats_[0].next_deadline() <= now_ ? seats_[0] : seats_[1]);
}

/// Fires the earliest timer of a seat, with those that are due at the same moment.
void SimulatedScheduler::fire(Seat& seat) noexcept {
  what_ = Step::kTimers;
  internal::this_thread().set_worker(seat.worker, true);
  seat.firing = true;
  seat.timers.fire_due(seat.timers.next_deadline());
  seat.firing = false;
}

// --- Jobs and functions ---

void SimulatedScheduler::run_job(Seat& seat, lowlevel::Job& job) noexcept {
  what_ = Step::kTask;
  internal::this_thread().set_worker(seat.worker, true);
  internal::run_job(job);
}

void SimulatedScheduler::run_posted(std::size_t index) noexcept {
  const ReadyJobs::Entry entry = jobs_.take(index);
  lag_.end(entry.generation);
  run_job(any_seat(), *entry.job);
}

/// The owner goes on with what it pushed last, or the other one steals what was pushed first.
void SimulatedScheduler::run_fan_out() noexcept {
  std::size_t owner = choices_.among(seats_.size());
  if (seats_[owner].worker.fan_outs.empty()) owner = 1 - owner;
  const std::size_t taker = choices_.among(seats_.size());
  auto& fan_outs = seats_[owner].worker.fan_outs;
  run_job(seats_[taker], *(taker == owner ? fan_outs.pop() : fan_outs.steal()));
}

void SimulatedScheduler::run_function(std::size_t index) noexcept {
  what_ = Step::kFunction;
  const SimulatedPools::Function function = pools_.take(index);
  // A thread of a pool is no worker.
  internal::ThreadContext& thread = internal::this_thread();
  const internal::ThreadContext before = std::exchange(thread, internal::ThreadContext{});
  function.job->run();
  thread = before;
  pools_.ended(function);
}

// --- Destructors ---

void SimulatedScheduler::find_unblocked() noexcept {
  for (Blocked* blocked = blocked_.front(); blocked;) {
    Blocked* next = lowlevel::IntrusiveList<Blocked>::next(*blocked);
    if (blocked->event.is_set()) {
      blocked_.erase(*blocked);
      unblocked_.push_back(*blocked);
      ++unblocked_count_;
      blocked->generation = lag_.begin(now_);
    }
    blocked = next;
  }
}

void SimulatedScheduler::unblock(std::size_t index) noexcept {
  Blocked* blocked = unblocked_.front();
  while (index-- > 0) blocked = lowlevel::IntrusiveList<Blocked>::next(*blocked);
  unblocked_.erase(*blocked);
  --unblocked_count_;
  what_ = Step::kTask;
  lag_.end(blocked->generation);
  turns_.resume(blocked->thread);
  thread_.store(internal::this_thread_id(), std::memory_order_relaxed);
}

}  // namespace mtaio::testing
