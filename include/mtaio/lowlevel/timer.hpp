/// A function call at a point in time.
#pragma once

#include <mtaio/base/durations.hpp>
#include <mtaio/base/pairing_heap.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace mtaio::lowlevel {

using TimePoint = std::chrono::steady_clock::time_point;

/// `now + timeout`, or `TimePoint::max()` if that is beyond the clock's range.
constexpr TimePoint deadline_after(TimePoint now, Timeout timeout) noexcept {
  if (timeout.is_now()) return now;
  return timeout.nanoseconds() >= TimePoint::max() - now ? TimePoint::max()
                                                         : now + timeout.nanoseconds();
}

class TimerHeap;

/// A timer, part of the object that waits for it: arming it never allocates and cannot fail.
class Timer : public internal::HeapNode {
 public:
  /// Called at most once after each `arm()`, with no lock held, on the thread that finds that the
  /// deadline has passed.
  using Fire = void (*)(Timer&) noexcept;

  explicit Timer(Fire fire) noexcept : fire_{fire} {}

  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }

 private:
  friend class TimerHeap;

  const Fire fire_;
  TimePoint deadline_{};
  /// The order among timers with the same deadline.
  std::uint64_t sequence_ = 0;
  /// Where the timer was armed; null once it was disarmed.
  TimerHeap* heap_ = nullptr;
  /// Whether the timer is in the heap. Guarded by the heap's lock.
  bool armed_ = false;
};

/// The armed timers of a worker. Timers with the same deadline fire in the order in which they were
/// armed. Any thread.
///
/// arm/look  `arm()` publishes the next deadline (release). A thread that reads it without the lock
///           (acquire) sees what happened before the timer was armed.
class [[gnu::visibility("default")]] TimerHeap {
 public:
  TimerHeap() = default;

  /// Returns whether `timer` is now the earliest timer of this heap.
  bool arm(Timer& timer, TimePoint deadline) noexcept;

  /// Undoes `arm()`, if it was called. When this returns, the timer is not firing and will not
  /// fire, except on the calling thread itself.
  static void disarm(Timer& timer) noexcept {
    if (TimerHeap* armed_in = std::exchange(timer.heap_, nullptr)) armed_in->remove(timer);
  }

  /// Fires all expired timers, and returns whether any has fired. If another thread is doing so
  /// already, returns false: that thread fires them.
  bool fire_due(TimePoint now) noexcept;

  /// Tells the heap that the calling thread is going to block. If it is in `fire_due()`, other
  /// threads may fire the other timers meanwhile.
  void let_others_fire() noexcept;

  /// The earliest deadline; `TimePoint::max()` if no timer is armed. Another thread may change it
  /// at any time.
  [[nodiscard]] TimePoint next_deadline() const noexcept {
    // acquire: arm/look.
    return TimePoint{TimePoint::duration{next_deadline_.load(std::memory_order_acquire)}};
  }

 private:
  struct Earlier {
    bool operator()(const Timer& a, const Timer& b) const noexcept {
      return a.deadline_ != b.deadline_ ? a.deadline_ < b.deadline_ : a.sequence_ < b.sequence_;
    }
  };

  /// A call of fire_due(), on its stack.
  struct Firing;

  void remove(Timer& timer) noexcept;
  void publish_next_deadline() noexcept;

  /// Guards all below. Never held while a timer fires.
  SpinLock lock_;
  internal::PairingHeap<Timer, Earlier> heap_;
  std::uint64_t last_sequence_ = 0;
  /// At most one of them is not blocked.
  IntrusiveList<Firing> firings_;
  /// Read without the lock.
  std::atomic<TimePoint::rep> next_deadline_{TimePoint::max().time_since_epoch().count()};
};

}  // namespace mtaio::lowlevel
