/// The visible operations of a program: those between which threads are switched.
#pragma once

#include "interleave/clock.hpp"
#include "interleave/world.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace mtaio::testing::interleave {

enum class Action : std::uint8_t {
  kStart,
  kLoad,
  kStore,
  /// A store enters the store buffer of its thread.
  kBuffer,
  /// Reads and writes in one step; a compare-exchange too.
  kUpdate,
  kFence,
  kMembarrier,
  kFutexWait,
  kFutexWake,
  kMutexLock,
  kMutexTryLock,
  kMutexUnlock,
  kCondWait,
  kCondWake,
  kCreate,
  kJoin,
  kYield,
  kSleep,
  /// A thread that another has woken goes on.
  kWoken,
  /// A thread goes on because its deadline has passed, or for no reason.
  kTimeout,
  kEnd,
  /// A store leaves the store buffer of a thread.
  kDrain,
};

/// An operation that a thread is about to make.
struct Operation {
  Action action = Action::kStart;
  std::memory_order order = std::memory_order_relaxed;
  /// Of an access to memory.
  unsigned size = 0;
  /// The memory, futex, mutex or condition variable.
  Address address = 0;
  /// The mutex of a wait on a condition variable.
  Address mutex = 0;
  /// The thread that is created or joined.
  int other = kNoThread;
  /// The step that has made the operation possible: the wake-up of a thread that goes on, the store
  /// that leaves a buffer.
  std::optional<std::size_t> enabled_by{};
  Site site = nullptr;
};

/// An actor is a thread, or the store buffer of one: its number is the thread's plus this.
inline constexpr int kBuffers = kMostThreads;
inline constexpr int kMostActors = 2 * kMostThreads;
/// A set of actors, a bit for each.
using Actors = std::uint32_t;
[[nodiscard]] constexpr Actors actor_bit(int actor) noexcept { return Actors{1} << actor; }
[[nodiscard]] constexpr bool contains(Actors actors, int actor) noexcept {
  return (actors & actor_bit(actor)) != 0;
}

/// How two operations of different actors depend on each other.
enum class Dependence : std::uint8_t {
  /// Their order makes no difference.
  kNone,
  /// The second was not possible before the first.
  kEnables,
  /// Either may come first, and it may make a difference.
  kRace,
};

/// Whether others enable it by operations that their kind tells, without `enabled_by`.
[[nodiscard]] constexpr bool is_enabled_by_others(const Operation& operation) noexcept {
  return operation.action == Action::kStart || operation.action == Action::kJoin ||
         operation.action == Action::kMutexLock;
}

/// How `second`, of actor `later`, depends on `first`, of actor `earlier`.
[[nodiscard]] Dependence dependence(int earlier, const Operation& first, int later,
                                    const Operation& second) noexcept;

}  // namespace mtaio::testing::interleave
