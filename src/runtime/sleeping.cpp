#include <mtaio/platform/asymmetric_fence.hpp>

#include "runtime/work_stealing.hpp"

#include <algorithm>

namespace mtaio::runtime {
namespace {

// How often a worker that was woken for nothing, or for what is not ripe, wakes up by itself before
// it sleeps until it is woken again. Each time saves others from waking it.
constexpr int kLingers = 4;
// The first of them after one kRipening, then two, and so on; each disturbs those who work.
constexpr int kLongestNap = 4;

lowlevel::TimePoint time_of(const std::atomic<lowlevel::TimePoint::rep>& count) noexcept {
  return lowlevel::TimePoint{lowlevel::TimePoint::duration{count.load(std::memory_order_relaxed)}};
}

}  // namespace

void WorkStealing::stop_searching(Seat& seat) noexcept {
  if (!seat.searching) return;
  seat.searching = false;
  one_searcher_less();
}

/// A worker that was counted as looking for work is not any more, and does not sleep. Pushers woke
/// none as long as it was, so there may be more than it has found (E2 of Worker).
void WorkStealing::one_searcher_less() noexcept {
  idle_counts_.change(0, -1);
  leave_rest_to_others();
}

/// What this thread is not going to do is for the others: work that lies about, and timers.
void WorkStealing::leave_rest_to_others() noexcept {
  if (!idle_counts_.should_notify()) return;
  if (something_to_do()) {
    wake_one();
  } else {
    watch_if_needed();
  }
}

lowlevel::TimePoint WorkStealing::begin_nap(Seat& seat) noexcept {
  lingering_.fetch_add(1, std::memory_order_relaxed);
  --seat.lingers;
  seat.naps = std::min(seat.naps + 1, kLongestNap);
  return now() + seat.naps * kRipening;
}

void WorkStealing::sleep(Seat& seat, const Occupant& who) noexcept {
  constexpr auto kForEver = lowlevel::TimePoint::max();
  if (seat.up == Seat::Up::kWoken) seat.lingers = kLingers;
  // That it naps, and until when, is known before it counts as asleep, or it would be woken at
  // once.
  const bool hands_off = keeps_hands_off(seat);
  if (hands_off) {
    seat.lingers = std::max(seat.lingers, 1);
    hands_off_.fetch_add(1, std::memory_order_relaxed);
  }
  lowlevel::TimePoint nap_end = seat.lingers > 0 ? begin_nap(seat) : kForEver;
  {
    const std::scoped_lock guard{sleepers_lock_};
    if (hands_off) {
      sleepers_.push_back(seat);  // others are woken rather than this one
    } else {
      sleepers_.push_front(seat);
    }
    seat.asleep = true;
    (void)watch_until(nap_end, seat);
    idle_counts_.change(1, seat.searching ? -1 : 0);
    seat.searching = false;
  }
  internal::asymmetric_fence_heavy();  // E1, E2: counted as asleep before the last look
  const Outlook outlook = this->outlook(seat);
  if (outlook != Outlook::kNow && !who.leave.load(std::memory_order_relaxed) &&
      !seats_.wanted(who)) {
    // Who pushed a fork while this one was searching has woken nobody.
    if (outlook == Outlook::kForOthers) notify_one();
    if (outlook != Outlook::kNothing) {
      seat.lingers = kLingers;
      if (nap_end == kForEver) nap_end = begin_nap(seat);
    }
    lowlevel::TimePoint until = std::min(next_deadline(), nap_end);
    {
      const std::scoped_lock guard{sleepers_lock_};
      if (!watch_until(until, seat)) until = nap_end;
    }
    seat.parker->park(until);
  }
  if (nap_end != kForEver) lingering_.fetch_sub(1, std::memory_order_relaxed);
  if (hands_off) hands_off_.fetch_sub(1, std::memory_order_relaxed);
  get_up(seat);
}

/// `seat` will wake up by itself at `time`, and look at all timers then. False if somebody does so
/// earlier: one sleeper is enough to watch the clock. REQUIRES: sleepers_lock_ is held.
bool WorkStealing::watch_until(lowlevel::TimePoint time, Seat& seat) noexcept {
  if (time >= time_of(watched_until_)) return false;
  watchman_ = &seat;
  watched_until_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
  return true;
}

void WorkStealing::get_up(Seat& seat) noexcept {
  const std::scoped_lock guard{sleepers_lock_};
  seat.up = seat.asleep ? Seat::Up::kByItself : Seat::Up::kWoken;
  if (seat.asleep) {  // otherwise whoever woke it has done this
    sleepers_.erase(seat);
    seat.asleep = false;
    idle_counts_.change(-1, 1);
  }
  seat.searching = true;
  if (watchman_ == &seat) {
    watchman_ = nullptr;
    watched_until_.store(lowlevel::TimePoint::max().time_since_epoch().count(),
                         std::memory_order_relaxed);
  }
}

void WorkStealing::wake_one() noexcept {
  Seat* seat = nullptr;
  {
    const std::scoped_lock guard{sleepers_lock_};
    if (!idle_counts_.should_notify()) return;  // somebody else was faster
    // A worker that has not been started rather than one that would leave forks alone.
    const bool willing =
        hands_off_.load(std::memory_order_relaxed) + unstarted_ < idle_counts_.sleeping();
    const bool may_start =
        unstarted_ > 0 && (no_start_before_ == lowlevel::TimePoint{} || now() >= no_start_before_);
    if (willing || !may_start) seat = sleepers_.pop_front();
    if (seat) {
      seat->asleep = false;
    } else if (may_start) {
      --unstarted_;
    } else {
      return;
    }
    idle_counts_.change(-1, 1);
  }
  if (seat) {
    seat->parker->unpark();
  } else {
    start_worker();
  }
}

void WorkStealing::watch(lowlevel::TimePoint deadline) noexcept {
  internal::asymmetric_fence_light();  // E2
  if (deadline < time_of(watched_until_) && idle_counts_.should_notify()) wake_one();
}

/// Timers of workers that are busy, or have nobody on their seat, are watched by one that sleeps.
/// Asked by whoever may have been the watchman, or is about to be busy.
void WorkStealing::watch_if_needed() noexcept {
  if (next_deadline() < time_of(watched_until_)) wake_one();
}

}  // namespace mtaio::runtime
