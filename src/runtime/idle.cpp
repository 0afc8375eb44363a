#include <mtaio/platform/asymmetric_fence.hpp>

#include "runtime/scheduler.hpp"

#include <algorithm>

namespace mtaio::runtime {
namespace {

// How often a worker that was woken for nothing, or for what is not ripe, wakes up by itself before
// it sleeps until it is woken again. Each time saves others from waking it.
constexpr int kLingers = 4;
// The first of them after one kStealDelay, then two, and so on; each disturbs those who work.
constexpr int kLongestNap = 4;

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
  if (something_to_do()) {
    wake_one();
  } else {
    watch_if_needed();
  }
}

lowlevel::TimePoint WorkStealingScheduler::begin_nap(Worker& worker) noexcept {
  lingering_.fetch_add(1, std::memory_order_relaxed);
  --worker.lingers;
  worker.naps = std::min(worker.naps + 1, kLongestNap);
  return now() + worker.naps * kStealDelay;
}

void WorkStealingScheduler::sleep(Worker& worker, const WorkerThread& who) noexcept {
  constexpr auto kForEver = lowlevel::TimePoint::max();
  if (worker.up == Worker::Up::kWoken) worker.lingers = kLingers;
  // That it naps, and until when, is known before it counts as asleep, or it would be woken at
  // once.
  const bool hands_off = keeps_hands_off(worker);
  if (hands_off) {
    worker.lingers = std::max(worker.lingers, 1);
    hands_off_.fetch_add(1, std::memory_order_relaxed);
  }
  lowlevel::TimePoint nap_end = worker.lingers > 0 ? begin_nap(worker) : kForEver;
  {
    const std::scoped_lock guard{sleepers_lock_};
    if (hands_off) {
      sleepers_.push_back(worker);  // others are woken rather than this one
    } else {
      sleepers_.push_front(worker);
    }
    worker.asleep = true;
    (void)watch_until(nap_end, worker);
    idle_counts_.change(1, worker.searching ? -1 : 0);
    worker.searching = false;
  }
  internal::asymmetric_fence_heavy();  // E1, E2: counted as asleep before the last look
  const Outlook outlook = this->outlook(worker);
  if (outlook != Outlook::kNow && !who.leave.load(std::memory_order_relaxed) &&
      !handoff_.wanted(who)) {
    // Who pushed a fork while this one was searching has woken nobody.
    if (outlook == Outlook::kForOthers) notify_one();
    if (outlook != Outlook::kNothing) {
      worker.lingers = kLingers;
      if (nap_end == kForEver) nap_end = begin_nap(worker);
    }
    lowlevel::TimePoint until = std::min(next_deadline(), nap_end);
    {
      const std::scoped_lock guard{sleepers_lock_};
      if (!watch_until(until, worker)) until = nap_end;
    }
    worker.parker->park(until);
  }
  if (nap_end != kForEver) lingering_.fetch_sub(1, std::memory_order_relaxed);
  if (hands_off) hands_off_.fetch_sub(1, std::memory_order_relaxed);
  get_up(worker);
}

/// `seat` will wake up by itself at `time`, and look at all timers then. False if somebody does so
/// earlier: one sleeper is enough to watch the clock. REQUIRES: sleepers_lock_ is held.
bool WorkStealingScheduler::watch_until(lowlevel::TimePoint time, Worker& worker) noexcept {
  if (time >= time_of(watched_until_)) return false;
  watchman_ = &worker;
  watched_until_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
  return true;
}

void WorkStealingScheduler::get_up(Worker& worker) noexcept {
  const std::scoped_lock guard{sleepers_lock_};
  worker.up = worker.asleep ? Worker::Up::kByItself : Worker::Up::kWoken;
  if (worker.asleep) {  // otherwise whoever woke it has done this
    sleepers_.erase(worker);
    worker.asleep = false;
    idle_counts_.change(-1, 1);
  }
  worker.searching = true;
  if (watchman_ == &worker) {
    watchman_ = nullptr;
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
        hands_off_.load(std::memory_order_relaxed) + unstarted_ < idle_counts_.sleeping();
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
void WorkStealingScheduler::watch_if_needed() noexcept {
  if (next_deadline() < time_of(watched_until_)) wake_one();
}

}  // namespace mtaio::runtime
