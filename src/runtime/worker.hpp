/// A worker, and the thread that does its work for the time being.
#pragma once

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/parker.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "runtime/ready_queue.hpp"
#include "runtime/starvation_watch.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace mtaio::runtime {

struct WorkerThread;

/// A job that is ready is stolen when its worker has not got to it for so long.
inline constexpr std::chrono::microseconds kStealDelay{50};

/// When thieves have last found the ready jobs of a worker to be others than before. All thieves
/// share it. They read and write it without a lock: two of them that do so at once may find a job
/// ripe a little too early or too late.
class StealDelay {
 public:
  /// Whether the oldest of the jobs in the ring has been lying there for kStealDelay. REQUIRES: the
  /// ring has just been found not empty.
  [[nodiscard]] bool is_overdue(const ReadyQueue& ready, lowlevel::TimePoint now) noexcept {
    if (ready.taken() < all_taken_.load(std::memory_order_relaxed)) {
      return now.time_since_epoch().count() - at_.load(std::memory_order_relaxed) >=
             lowlevel::TimePoint::duration{kStealDelay}.count();
    }
    at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    all_taken_.store(ready.taken_when_ring_empty(), std::memory_order_relaxed);
    return false;
  }

 private:
  // Once so many of its jobs are taken, all that was seen is.
  alignas(64) std::atomic<std::int64_t> all_taken_{0};
  std::atomic<lowlevel::TimePoint::rep> at_{0};
};

/// Whether workers look for jobs that do not get their turn, and end the program if there is one.
#ifdef NDEBUG
inline constexpr bool kWatchesForStarvation = false;
#else
inline constexpr bool kWatchesForStarvation = true;
#endif

/// What a worker watches in debug builds.
struct StarvationWatches {
  std::uint64_t ticks = 0;
  StarvationWatch ready;
  StarvationWatch fan_outs;
  StarvationWatch injected;
};

/// One worker of a runtime. Threads sit on it and leave it between two jobs; what belongs to the
/// worker stays.
struct Worker : internal::LocalQueues, lowlevel::ListNode<Worker> {
  Worker(lowlevel::Scheduler& owner, const internal::IdleCounts& of_owner,
         std::unique_ptr<lowlevel::Parker> made_parker, std::uint32_t seed) noexcept
      : LocalQueues{owner, of_owner}, random{seed}, parker{std::move(made_parker)} {}

  // Touched by whoever sits here only.
  std::uint32_t tick = 0;
  std::uint32_t random;
  bool searching = false;  // counted in IdleCounts
  enum class WakeReason : std::uint8_t { kByItself, kWoken, kWorking };
  WakeReason wake_reason = WakeReason::kWorking;  // why it is not asleep
  lowlevel::TimePoint backs_off_until{};  // leaves forks alone: one was gone when it got there
  StarvationWatches watches;              // debug builds
  int timed_parks_left = 0;      // how often to wake up once more, for what is not ripe now
  int timed_parks_in_a_row = 0;  // since it has found work

  // Any thread.
  ReadyQueue ready;
  lowlevel::TimerHeap timers;
  StealDelay steal_delay;  // what thieves have seen of `ready`
  const std::unique_ptr<lowlevel::Parker> parker;

  // Guarded by the lock of the sleepers (WorkStealingScheduler); the ListNode too.
  bool asleep = false;

  // Guarded by the lock of the seats (WorkerHandoff).
  WorkerThread* thread = nullptr;
};

/// A thread that sits on a seat, or waits for one. On the stack of that thread.
struct WorkerThread : lowlevel::ListNode<WorkerThread> {
  explicit WorkerThread(bool is_spare = false) noexcept : spare{is_spare} {}

  const bool spare;                       // sits in for a thread that is blocked
  std::atomic<bool> dismissed{false};     // is to leave its worker, or to stop waiting for one
  std::atomic<std::uint32_t> changed{0};  // futex word: something below has changed
  bool resumes =
      false;  // waits for a worker even if it is to leave. Guarded by the lock of the seats
  bool reserved = spare;     // a spare to which somebody is about to pass a worker. Guarded by the
                             // lock of the seats
  Worker* worker = nullptr;  // guarded by the lock of the seats; stable while it sits there
};

}  // namespace mtaio::runtime
