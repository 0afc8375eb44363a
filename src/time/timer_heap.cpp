#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/platform/thread_id.hpp>

#include <mutex>
#include <utility>

namespace mtaio::lowlevel {

struct TimerHeap::Firing : ListNode<Firing> {
  const void* thread = internal::this_thread_id();
  /// The timer that is firing.
  Timer* timer = nullptr;
  /// Set when `timer` has fired, for a thread that disarms it; null if none waits.
  internal::ThreadEvent* awaited = nullptr;
  bool blocked = false;
};

void TimerHeap::publish_next_deadline() noexcept {
  const TimePoint next = heap_.empty() ? TimePoint::max() : heap_.top()->deadline_;
  const auto count = next.time_since_epoch().count();
  if (next_deadline_.load(std::memory_order_relaxed) != count) {
    // release: arm/look.
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

void TimerHeap::remove(Timer& timer) noexcept {
  std::unique_lock guard{lock_};
  if (timer.armed_) {
    timer.armed_ = false;
    heap_.erase(timer);
    publish_next_deadline();
    return;
  }
  Firing* firing = firings_.front();
  while (firing && firing->timer != &timer) firing = IntrusiveList<Firing>::next(*firing);
  if (!firing || firing->thread == internal::this_thread_id()) return;
  internal::ThreadEvent fired;
  firing->awaited = &fired;
  guard.unlock();
  // This may take long: the timer may run a callback that destroys an executor.
  internal::block_until(fired);
}

bool TimerHeap::fire_due(TimePoint now) noexcept {
  if (next_deadline() > now) return false;
  std::unique_lock guard{lock_};
  for (Firing* other = firings_.front(); other; other = IntrusiveList<Firing>::next(*other)) {
    if (!other->blocked) return false;
  }
  Firing firing;
  firings_.push_back(firing);
  bool fired = false;
  while (!heap_.empty() && heap_.top()->deadline_ <= now) {
    firing.timer = heap_.pop();
    firing.timer->armed_ = false;
    publish_next_deadline();
    guard.unlock();
    firing.timer->fire_(*firing.timer);
    fired = true;
    guard.lock();
    firing.timer = nullptr;
    if (internal::ThreadEvent* awaited = std::exchange(firing.awaited, nullptr)) awaited->set();
  }
  firings_.erase(firing);
  publish_next_deadline();
  return fired;
}

void TimerHeap::let_others_fire() noexcept {
  const std::scoped_lock guard{lock_};
  for (Firing* firing = firings_.front(); firing; firing = IntrusiveList<Firing>::next(*firing)) {
    if (firing->thread == internal::this_thread_id()) firing->blocked = true;
  }
}

}  // namespace mtaio::lowlevel
