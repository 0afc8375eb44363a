#include <mtaio/lowlevel/thread_mark.hpp>
#include <mtaio/lowlevel/timer.hpp>

#include <sched.h>

#include <mutex>

namespace mtaio::lowlevel {
void TimerHeap::publish_next_deadline() noexcept {
  const TimePoint next = heap_.empty() ? TimePoint::max() : heap_.top()->deadline_;
  const auto count = next.time_since_epoch().count();
  if (next_deadline_.load(std::memory_order_relaxed) != count) {
    next_deadline_.store(count, std::memory_order_release);
  }
}

bool TimerHeap::arm(Timer& timer, TimePoint deadline) noexcept {
  const std::scoped_lock guard{lock_};
  timer.heap_ = this;
  timer.deadline_ = deadline;
  timer.sequence_ = ++last_sequence_;
  timer.armed_ = true;
  heap_.push(timer);
  publish_next_deadline();
  return heap_.top() == &timer;
}

void TimerHeap::disarm(Timer& timer) noexcept {
  if (timer.heap_) timer.heap_->remove(timer);
}

void TimerHeap::remove(Timer& timer) noexcept {
  std::unique_lock guard{lock_};
  if (timer.armed_) {
    timer.armed_ = false;
    heap_.erase(timer);
    publish_next_deadline();
    return;
  }
  while (firing_ == &timer && firing_thread_ != this_thread_mark()) {
    guard.unlock();
    sched_yield();
    guard.lock();
  }
}

bool TimerHeap::fire_due(TimePoint now) noexcept {
  if (next_deadline() > now) return false;
  std::unique_lock guard{lock_};
  // One thread at a time: `firing_` can name one timer only. Whoever is at it already fires all
  // that is due.
  if (firing_) return false;
  bool fired = false;
  while (!heap_.empty() && heap_.top()->deadline_ <= now) {
    Timer* timer = heap_.pop();
    timer->armed_ = false;
    firing_ = timer;
    firing_thread_ = this_thread_mark();
    publish_next_deadline();
    guard.unlock();
    timer->fire_(*timer);
    fired = true;
    guard.lock();
    firing_ = nullptr;
  }
  publish_next_deadline();
  return fired;
}

}  // namespace mtaio::lowlevel
