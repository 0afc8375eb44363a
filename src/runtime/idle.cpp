#include "runtime/idle.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace mtaio::runtime {
namespace {

// How often a worker that was woken for nothing, or for work that it may not take yet, wakes up by
// itself before it sleeps until it is woken. Each such timed park saves other threads from waking
// it.
constexpr int kTimedParks = 4;
// The first timed park takes one kStealDelay, the second two, and so on up to this: each one
// disturbs the workers that work.
constexpr int kLongestTimedPark = 4;

// How long a runtime that could not start a thread waits before it tries again.
constexpr std::chrono::milliseconds kPauseBetweenStarts{10};

lowlevel::TimePoint now() noexcept { return lowlevel::TimePoint::clock::now(); }

}  // namespace

void Idle::add_unstarted(std::size_t count) noexcept {
  unstarted_ += count;
  counts_.add_sleeping(static_cast<std::uint32_t>(count));
}

void Idle::job_injected() noexcept {
  internal::asymmetric_fence_light();  // push/sleep, push/search: the pusher
  if (counts_.should_notify()) wake_one();
}

void Idle::fan_out_pushed() noexcept {
  if (backing_off_.load(std::memory_order_relaxed) < counts_.sleeping()) wake_one();
}

void Idle::timer_armed(lowlevel::TimePoint deadline) noexcept {
  internal::asymmetric_fence_light();  // arm/sleep: the thread that arms
  if (deadline < timer_keeper_.wakes_at() && counts_.should_notify()) wake_one();
}

void Idle::begin_work(Worker& worker) noexcept {
  IdleState& state = worker.idle;
  if (!state.is_working()) {
    end_search(worker);
    state.wake_reason_ = IdleState::WakeReason::kWorking;
    state.timed_parks_in_a_row_ = 0;
  }
  if (counts_.should_notify()) ensure_timer_watched();
}

void Idle::begin_search(Worker& worker) noexcept {
  if (worker.idle.searching_) return;
  worker.idle.searching_ = true;
  counts_.begin_search();
}

void Idle::end_search(Worker& worker) noexcept {
  if (!worker.idle.searching_) return;
  worker.idle.searching_ = false;
  search_given_up();
}

void Idle::search_given_up() noexcept {
  counts_.end_search();  // push/search, arm/sleep: it executes the fence if this was the last one
  leave_rest_to_others();
}

void Idle::leave_rest_to_others() noexcept {
  if (!counts_.should_notify()) return;
  if (workers_.has_work()) {
    wake_one();
  } else {
    ensure_timer_watched();
  }
}

void Idle::sleep(Worker& worker, const WorkerThread& thread) noexcept {
  Sleep sleep = plan_sleep(worker);
  announce_sleep(worker, sleep);
  // push/sleep, push/search, arm/sleep: it counts as asleep before the last look.
  internal::asymmetric_fence_heavy();
  const VisibleWork visible = workers_.visible_work(worker);
  if (visible != VisibleWork::kNow && !handoff_.must_release(thread)) {
    provide_for(visible, worker, sleep);
    park(worker, sleep);
  }
  end_sleep(worker, sleep);
}

/// Counts the worker among those that back off, or are in a timed park, before it counts as asleep.
/// Otherwise it would be woken in between.
Idle::Sleep Idle::plan_sleep(Worker& worker) noexcept {
  IdleState& state = worker.idle;
  if (state.wake_reason_ == IdleState::WakeReason::kWoken) state.timed_parks_left_ = kTimedParks;
  Sleep sleep{.backs_off = worker.back_off.is_active()};
  if (sleep.backs_off) {
    state.timed_parks_left_ = std::max(state.timed_parks_left_, 1);
    backing_off_.fetch_add(1, std::memory_order_relaxed);
  }
  if (state.timed_parks_left_ > 0) limit_park(worker, sleep);
  return sleep;
}

void Idle::limit_park(Worker& worker, Sleep& sleep) noexcept {
  IdleState& state = worker.idle;
  timed_parks_.fetch_add(1, std::memory_order_relaxed);
  --state.timed_parks_left_;
  state.timed_parks_in_a_row_ = std::min(state.timed_parks_in_a_row_ + 1, kLongestTimedPark);
  sleep.park_end = now() + state.timed_parks_in_a_row_ * kStealDelay;
}

void Idle::announce_sleep(Worker& worker, const Sleep& sleep) noexcept {
  IdleState& state = worker.idle;
  const std::scoped_lock guard{lock_};
  if (sleep.backs_off) {
    sleepers_.push_back(worker);  // others are woken rather than this one
  } else {
    sleepers_.push_front(worker);
  }
  state.asleep_ = true;
  (void)timer_keeper_.offer(worker, sleep.park_end);
  counts_.fall_asleep(state.searching_);
  state.searching_ = false;
}

/// Provides for work that the worker has seen and may not take now.
void Idle::provide_for(VisibleWork visible, Worker& worker, Sleep& sleep) noexcept {
  // A thread that pushed a fan-out while this worker searched has woken no other.
  if (visible == VisibleWork::kForOthers) fan_out_pushed();
  if (visible == VisibleWork::kNothing) return;
  worker.idle.timed_parks_left_ = kTimedParks;
  if (!sleep.is_timed()) limit_park(worker, sleep);
}

/// Parks until the worker is woken, until the end of the timed park, or, if no other sleeper wakes
/// up earlier, until the first timer expires.
void Idle::park(Worker& worker, const Sleep& sleep) noexcept {
  lowlevel::TimePoint until = std::min(workers_.next_deadline(), sleep.park_end);
  {
    const std::scoped_lock guard{lock_};
    if (!timer_keeper_.offer(worker, until)) until = sleep.park_end;
  }
  worker.parker->park(until);
}

void Idle::end_sleep(Worker& worker, const Sleep& sleep) noexcept {
  if (sleep.is_timed()) timed_parks_.fetch_sub(1, std::memory_order_relaxed);
  if (sleep.backs_off) backing_off_.fetch_sub(1, std::memory_order_relaxed);
  IdleState& state = worker.idle;
  const std::scoped_lock guard{lock_};
  state.wake_reason_ =
      state.asleep_ ? IdleState::WakeReason::kByItself : IdleState::WakeReason::kWoken;
  if (state.asleep_) {  // otherwise the thread that woke it has done this
    sleepers_.erase(worker);
    state.asleep_ = false;
    counts_.wake_up();
  }
  state.searching_ = true;
  timer_keeper_.resign(worker);
}

void Idle::wake_one() noexcept {
  Worker* worker = nullptr;
  {
    const std::scoped_lock guard{lock_};
    if (!counts_.should_notify()) return;  // another thread was faster
    // Prefer a worker without a thread to a sleeper that backs off: the sleeper would not take
    // fan-outs.
    const bool has_willing =
        backing_off_.load(std::memory_order_relaxed) + unstarted_ < counts_.sleeping();
    const bool may_start =
        unstarted_ > 0 && (no_start_before_ == lowlevel::TimePoint{} || now() >= no_start_before_);
    if (has_willing || !may_start) worker = sleepers_.pop_front();
    if (worker) {
      worker->idle.asleep_ = false;
    } else if (may_start) {
      --unstarted_;
    } else {
      return;
    }
    counts_.wake_up();
  }
  if (worker) {
    worker->parker->unpark();
  } else {
    start_worker();
  }
}

void Idle::wake_unless_parked_for_a_time() noexcept {
  if (timed_parks_.load(std::memory_order_relaxed) == 0) wake_one();
}

/// The caller has counted the new worker as one that searches. If no thread can be started, the
/// other workers do its work, and are woken for what was pushed in the meantime.
void Idle::start_worker() noexcept {
  if (starter_.start_worker()) return;
  {
    const std::scoped_lock guard{lock_};
    ++unstarted_;
    no_start_before_ = now() + kPauseBetweenStarts;
    counts_.fall_asleep(true);
  }
  internal::asymmetric_fence_heavy();  // push/sleep, push/search, arm/sleep: like a sleeper
  leave_rest_to_others();
}

/// Makes sure that a sleeping worker watches the timers of all workers. Called by a worker that may
/// have been the timer keeper, or that is going to be busy.
void Idle::ensure_timer_watched() noexcept {
  if (workers_.next_deadline() < timer_keeper_.wakes_at()) wake_one();
}

}  // namespace mtaio::runtime
