/// Something to be done at a point in time.
#pragma once

#include <mtaio/base/pairing_heap.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

namespace mtaio::lowlevel {

using TimePoint = std::chrono::steady_clock::time_point;

/// `now + timeout`, which is `TimePoint::max()` where that lies beyond the clock's range.
constexpr TimePoint deadline_after(TimePoint now, Timeout timeout) noexcept {
  if (timeout.is_now()) return now;
  return timeout.nanoseconds() >= TimePoint::max() - now ? TimePoint::max()
                                                         : now + timeout.nanoseconds();
}

class TimerHeap;

/// A timer, inside the object that waits for it: arming never allocates and cannot fail.
class Timer : public internal::HeapNode {
 public:
  /// Called at most once after each `arm()`, on whichever thread found the time to be over, with no
  /// lock held.
  using Fire = void (*)(Timer&) noexcept;

  explicit Timer(Fire fire) noexcept : fire_{fire} {}

  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }

 private:
  friend class TimerHeap;

  const Fire fire_;
  TimePoint deadline_{};
  std::uint64_t sequence_ = 0;  // orders timers that are due at once
  TimerHeap* heap_ = nullptr;   // where it was armed; null again when it has been disarmed
  bool armed_ = false;          // guarded by the heap's lock
};

/// The armed timers of a worker. Equal deadlines fire in the order in which they were armed. Any
/// thread.
class [[gnu::visibility("default")]] TimerHeap {
 public:
  TimerHeap() = default;

  /// True if it is now the earliest timer here.
  bool arm(Timer& timer, TimePoint deadline) noexcept;

  /// Undoes `arm()`, if there was one. When it returns, the timer is not firing and will not fire,
  /// except on the calling thread itself.
  static void disarm(Timer& timer) noexcept {
    if (TimerHeap* armed_in = std::exchange(timer.heap_, nullptr)) armed_in->remove(timer);
  }

  /// Fires what is due. True if anything was. One thread at a time; whoever is at it already fires
  /// all that is due.
  bool fire_due(TimePoint now) noexcept;

  /// The calling thread is going to block; if that happens in a timer that fires, others may fire
  /// the rest meanwhile.
  void let_others_fire() noexcept;

  /// The earliest deadline, `TimePoint::max()` if there is none. May be outdated as soon as it is
  /// read.
  [[nodiscard]] TimePoint next_deadline() const noexcept {
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

  SpinLock lock_;  // guards all below; never held while a timer fires
  internal::PairingHeap<Timer, Earlier> heap_;
  std::uint64_t last_sequence_ = 0;
  IntrusiveList<Firing> firings_;  // of which at most one does not block
  std::atomic<TimePoint::rep> next_deadline_{TimePoint::max().time_since_epoch().count()};
};

}  // namespace mtaio::lowlevel
