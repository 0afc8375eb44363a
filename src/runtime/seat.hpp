/// A worker, and the thread that does its work for the time being.
#pragma once

#include <mtaio/lowlevel/event.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/parker.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/lowlevel/worker.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace mtaio::runtime {

struct Occupant;

/// For a deque that is never popped: even the owner takes the oldest item.
struct NoFences {
  static void owner() noexcept {}
  static void thief() noexcept {}
};

/// A job that is ready is stolen when its worker has not got to it for so long.
inline constexpr std::chrono::microseconds kRipening{50};

/// One worker of a runtime. Threads sit on it and leave it between two jobs; what belongs to the
/// worker stays.
struct Seat : lowlevel::Worker, lowlevel::ListNode<Seat> {
  Seat(lowlevel::Scheduler& owner, const lowlevel::Idlers& of_owner,
       std::unique_ptr<lowlevel::Parker> made_parker, std::uint32_t seed) noexcept
      : Worker{owner, of_owner}, random{seed}, parker{std::move(made_parker)} {}

  // Touched by whoever sits here only.
  std::uint32_t turns = 0;
  std::uint32_t random;
  bool searching = false;  // counted in Idlers
  enum class Up : std::uint8_t { kByItself, kWoken, kWorking };
  Up up = Up::kWorking;  // why it is not asleep
  struct Sight {
    std::int64_t all_taken = 0;  // once so many of its jobs are taken, all that was seen is
    lowlevel::TimePoint at{};
  };
  std::vector<Sight> sights;  // what the ready jobs of every worker looked like, some time ago
  lowlevel::TimePoint hands_off_until{};  // leaves forks alone: one was gone when it got there
  int lingers = 0;  // how often to wake up once more, for what is not ripe now
  int naps = 0;     // since it has found work

  // Any thread.
  lowlevel::WorkDeque<lowlevel::Job, 256, NoFences>
      ready;  // to be resumed, the oldest first: even the owner steals from it
  lowlevel::TimerHeap timers;
  const std::unique_ptr<lowlevel::Parker> parker;

  // Guarded by the lock of the sleepers (WorkStealing); the ListNode too.
  bool asleep = false;

  // Guarded by the lock of the seats (Seats).
  Occupant* occupant = nullptr;
};

/// A thread that sits on a seat, or waits for one. On the stack of that thread.
struct Occupant : lowlevel::ListNode<Occupant> {
  explicit Occupant(bool is_spare = false) noexcept : spare{is_spare} {}

  const bool spare;                       // sits in for a thread that is blocked
  std::atomic<bool> leave{false};         // is to leave its seat, or to stop waiting for one
  std::atomic<std::uint32_t> changed{0};  // futex word: something below has changed
  bool insists =
      false;  // waits for a seat even if it is to leave. Guarded by the lock of the seats
  bool promised =
      spare;  // a spare to which somebody is about to pass a seat. Guarded by the lock of the seats
  Seat* seat = nullptr;  // guarded by the lock of the seats; stable while it sits there
};

}  // namespace mtaio::runtime
