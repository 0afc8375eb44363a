/// Which sleeping worker watches the clock.
#pragma once

#include <mtaio/lowlevel/timer.hpp>

#include <atomic>

namespace mtaio::runtime {

struct Worker;

/// Which of the sleeping workers wakes up by itself to fire the timers of all workers, and when.
/// One such worker is enough. The lock of `Idle` guards it, except for wakes_at().
class TimerKeeper {
 public:
  /// When the keeper wakes up; `TimePoint::max()` if there is none. Any thread, without the lock:
  /// it is part of the edge arm/sleep (runtime/idle.hpp).
  [[nodiscard]] lowlevel::TimePoint wakes_at() const noexcept {
    return lowlevel::TimePoint{
        lowlevel::TimePoint::duration{wakes_at_.load(std::memory_order_relaxed)}};
  }

  /// Makes `worker`, which will wake up at `time`, the keeper. Returns false if the current keeper
  /// wakes up earlier.
  bool offer(const Worker& worker, lowlevel::TimePoint time) noexcept {
    if (time >= wakes_at()) return false;
    keeper_ = &worker;
    set(time);
    return true;
  }

  /// `worker` has woken up: if it was the keeper, there is none from now on.
  void resign(const Worker& worker) noexcept {
    if (keeper_ != &worker) return;
    keeper_ = nullptr;
    set(lowlevel::TimePoint::max());
  }

 private:
  void set(lowlevel::TimePoint time) noexcept {
    wakes_at_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
  }

  const Worker* keeper_ = nullptr;
  std::atomic<lowlevel::TimePoint::rep> wakes_at_{
      lowlevel::TimePoint::max().time_since_epoch().count()};
};

}  // namespace mtaio::runtime
