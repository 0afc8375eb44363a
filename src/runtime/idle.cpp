#include <mtaio/platform/asymmetric_fence.hpp>

#include "runtime/scheduler.hpp"

#include <algorithm>

namespace mtaio::runtime {
namespace {

// How often a worker that was woken for nothing, or for what is not ripe, wakes up by itself before
// it sleeps until it is woken again. Each time saves others from waking it.
constexpr int kTimedParks = 4;
// The first of them after one kStealDelay, then two, and so on; each disturbs those who work.
constexpr int kLongestTimedPark = 4;

lowlevel::TimePoint time_of(const std::atomic<lowlevel::TimePoint::rep>& count) noexcept {
  return lowlevel::TimePoint{lowlevel::TimePoint::duration{count.load(std::memory_order_relaxed)}};
}

}  // namespace

void WorkStealingScheduler::stop_searching(Worker& worker) noexcept {
  if (!worker.searching) return;
  worker.searching = false;
  one_searcher_less();
}

/// A worker that was counted as looking for work is not any more, and does not sleep. Pushers woke
/// none as long as it was, so there may be more than it has found (E2 of Worker).
void WorkStealingScheduler::one_searcher_less() noexcept {
  idle_counts_.change(0, -1);
  leave_rest_to_others();
}

/// What this thread is not going to do is for the others: work that lies about, and timers.
void WorkStealingScheduler::leave_rest_to_others() noexcept {
  if (!idle_counts_.should_notify()) return;
  if (has_work()) {
    wake_one();
  } else {
    ensure_timer_watched();
  }
}

lowlevel::TimePoint WorkStealingScheduler::begin_timed_park(Worker& worker) noexcept {
  timed_parks_.fetch_add(1, std::memory_order_relaxed);
  --worker.timed_parks_left;
  worker.timed_parks_in_a_row = std::min(worker.timed_parks_in_a_row + 1, kLongestTimedPark);
  return now() + worker.timed_parks_in_a_row * kStealDelay;
}

void WorkStealingScheduler::sleep(Worker& worker, const WorkerThread& who) noexcept {
  constexpr auto kForEver = lowlevel::TimePoint::max();
  if (worker.wake_reason == Worker::WakeReason::kWoken) worker.timed_parks_left = kTimedParks;
  // That it parks for a time only, and until when, is known before it counts as asleep, or it would
  // be woken at once.
  const bool back_off = backs_off(worker);
  if (back_off) {
    worker.timed_parks_left = std::max(worker.timed_parks_left, 1);
    backing_off_.fetch_add(1, std::memory_order_relaxed);
  }
  lowlevel::TimePoint park_until =
      worker.timed_parks_left > 0 ? begin_timed_park(worker) : kForEver;
  {
    const std::scoped_lock guard{sleepers_lock_};
    if (back_off) {
      sleepers_.push_back(worker);  // others are woken rather than this one
    } else {
      sleepers_.push_front(worker);
    }
    worker.asleep = true;
    (void)watch_until(park_until, worker);
    idle_counts_.change(1, worker.searching ? -1 : 0);
    worker.searching = false;
  }
  internal::asymmetric_fence_heavy();  // E1, E2: counted as asleep before the last look
  const VisibleWork visible_work = this->visible_work(worker);
  if (visible_work != VisibleWork::kNow && !who.dismissed.load(std::memory_order_relaxed) &&
      !handoff_.is_wanted(who)) {
    // Who pushed a fork while this one was searching has woken nobody.
    if (visible_work == VisibleWork::kForOthers) notify_one();
    if (visible_work != VisibleWork::kNothing) {
      worker.timed_parks_left = kTimedParks;
      if (park_until == kForEver) park_until = begin_timed_park(worker);
    }
    lowlevel::TimePoint until = std::min(next_deadline(), park_until);
    {
      const std::scoped_lock guard{sleepers_lock_};
      if (!watch_until(until, worker)) until = park_until;
    }
    worker.parker->park(until);
  }
  if (park_until != kForEver) timed_parks_.fetch_sub(1, std::memory_order_relaxed);
  if (back_off) backing_off_.fetch_sub(1, std::memory_order_relaxed);
  woke_up(worker);
}

/// `seat` will wake up by itself at `time`, and look at all timers then. False if somebody does so
/// earlier: one sleeper is enough to watch the clock. REQUIRES: sleepers_lock_ is held.
bool WorkStealingScheduler::watch_until(lowlevel::TimePoint time, Worker& worker) noexcept {
  if (time >= time_of(watched_until_)) return false;
  timer_keeper_ = &worker;
  watched_until_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
  return true;
}

void WorkStealingScheduler::woke_up(Worker& worker) noexcept {
  const std::scoped_lock guard{sleepers_lock_};
  worker.wake_reason = worker.asleep ? Worker::WakeReason::kByItself : Worker::WakeReason::kWoken;
  if (worker.asleep) {  // otherwise whoever woke it has done this
    sleepers_.erase(worker);
    worker.asleep = false;
    idle_counts_.change(-1, 1);
  }
  worker.searching = true;
  if (timer_keeper_ == &worker) {
    timer_keeper_ = nullptr;
    watched_until_.store(lowlevel::TimePoint::max().time_since_epoch().count(),
                         std::memory_order_relaxed);
  }
}

void WorkStealingScheduler::wake_one() noexcept {
  Worker* worker = nullptr;
  {
    const std::scoped_lock guard{sleepers_lock_};
    if (!idle_counts_.should_notify()) return;  // somebody else was faster
    // A worker that has not been started rather than one that would leave forks alone.
    const bool willing =
        backing_off_.load(std::memory_order_relaxed) + unstarted_ < idle_counts_.sleeping();
    const bool may_start =
        unstarted_ > 0 && (no_start_before_ == lowlevel::TimePoint{} || now() >= no_start_before_);
    if (willing || !may_start) worker = sleepers_.pop_front();
    if (worker) {
      worker->asleep = false;
    } else if (may_start) {
      --unstarted_;
    } else {
      return;
    }
    idle_counts_.change(-1, 1);
  }
  if (worker) {
    worker->parker->unpark();
  } else {
    start_worker();
  }
}

void WorkStealingScheduler::watch(lowlevel::TimePoint deadline) noexcept {
  internal::asymmetric_fence_light();  // E2
  if (deadline < time_of(watched_until_) && idle_counts_.should_notify()) wake_one();
}

/// Timers of workers that are busy, or have nobody on their seat, are watched by one that sleeps.
/// Asked by whoever may have been the watchman, or is about to be busy.
void WorkStealingScheduler::ensure_timer_watched() noexcept {
  if (next_deadline() < time_of(watched_until_)) wake_one();
}

}  // namespace mtaio::runtime
