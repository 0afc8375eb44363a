/// When a worker may steal from another one.
#pragma once

#include <mtaio/lowlevel/timer.hpp>

#include "runtime/ready_queue.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace mtaio::runtime {

/// How long a job must have been ready before another worker steals it. Tasks that wake each other
/// run best on one worker: on two they fight for the memory that they share.
/// docs/design/steal_delay.md has the figures.
inline constexpr std::chrono::microseconds kStealDelay{50};

/// When thieves first saw the jobs that are in the ring of a worker now. All thieves share it. They
/// read and write it without a lock: if two of them use it concurrently, one may find the delay
/// over a little too early or too late.
class StealDelay {
 public:
  /// Whether the oldest job in the ring of `ready` has been there for kStealDelay. False if the
  /// ring is empty. Any thread.
  [[nodiscard]] bool is_over(const ReadyQueue& ready) noexcept {
    return !ready.ring_empty() && is_over(ready, lowlevel::TimePoint::clock::now());
  }

 private:
  [[nodiscard]] bool is_over(const ReadyQueue& ready, lowlevel::TimePoint now) noexcept {
    if (ready.taken() < all_taken_.load(std::memory_order_relaxed)) {
      return now.time_since_epoch().count() - seen_at_.load(std::memory_order_relaxed) >=
             lowlevel::TimePoint::duration{kStealDelay}.count();
    }
    seen_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    all_taken_.store(ready.taken_when_ring_empty(), std::memory_order_relaxed);
    return false;
  }

  // The value of ReadyQueue::taken() once all jobs that thieves have seen are taken.
  alignas(64) std::atomic<std::int64_t> all_taken_{0};
  std::atomic<lowlevel::TimePoint::rep> seen_at_{0};
};

/// The pause of a thief that came too late for a fan-out. When children are tiny, their worker
/// usually holds the token itself, and its deque is empty. An attempt to steal then usually fails,
/// and its fence disturbs that worker.
class StealBackOff {
 public:
  /// From now on the worker steals no fan-outs until `end`.
  void begin(lowlevel::TimePoint end) noexcept { end_ = end; }
  [[nodiscard]] bool is_active() const noexcept {
    return end_ != lowlevel::TimePoint{} && lowlevel::TimePoint::clock::now() < end_;
  }

 private:
  lowlevel::TimePoint end_{};
};

}  // namespace mtaio::runtime
