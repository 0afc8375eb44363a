/// Who still refers to a spawned task, and what has happened to it.
#pragma once

#include <atomic>
#include <cstdint>

namespace mtaio::internal {

/// The state of a spawned task, in one word: two flags and two counts.
///
/// A party has a claim to the result: the handle of the task, and each awaiter of the handle. A new
/// party is always made by an existing one, so the task never gets a party again after it has lost
/// the last one. A keeper only prevents the deletion of the object. The running task is a keeper,
/// and so is a thread that is about to ask it to stop. The object is deleted when it has neither
/// parties nor keepers.
///
/// end/leave    The task ends, and a party leaves, by changing the same word. Either the task finds
///              that no party is left, and destroys its result itself; or the last party finds that
///              the task has ended, and destroys the result. Both changes are releases, and what
///              finds the other one acquires: the second thread sees all that the first one did.
/// end/read     The task stores its result and then sets `kDone` (release). A thread that finds
///              `kDone` set (acquire) may read the result.
/// drop/delete  Each reference is dropped with a release. The thread that drops the last one
///              acquires, so it deletes the object after all that other threads did with it.
class SpawnedTaskState {
 public:
  /// What the party that leaves has to do.
  enum class Leaving : std::uint8_t {
    /// Nothing: the task has other parties, or it has not ended and will destroy the result itself.
    kNothing,
    /// The task has ended, and its other owners are keepers: destroy the result, then call
    /// `leave_last()`.
    kDestroyResult,
    /// The task has ended, and has no other owner: delete it.
    kDelete,
  };

  [[nodiscard]] bool done() const noexcept {
    // acquire: end/read.
    return (word_.load(std::memory_order_acquire) & kDone) != 0;
  }
  /// The task has ended. Returns whether a party is left.
  [[nodiscard]] bool end() noexcept {
    // release: end/read; acq_rel: end/leave.
    return word_.fetch_or(kDone, std::memory_order_acq_rel) >= kParty;
  }

  /// A party takes the result. Returns false if it was taken before.
  [[nodiscard]] bool take() noexcept {
    return (word_.fetch_or(kTaken, std::memory_order_relaxed) & kTaken) == 0;
  }
  [[nodiscard]] bool taken() const noexcept {
    return (word_.load(std::memory_order_relaxed) & kTaken) != 0;
  }

  /// Adds a party. REQUIRES: the caller is one.
  void join() noexcept { word_.fetch_add(kParty, std::memory_order_relaxed); }
  /// Removes a party and returns `kNothing`. If the task has ended and this is the last party,
  /// returns what the caller has to do; then the party still counts.
  [[nodiscard]] Leaving leave() noexcept {
    // acquire: end/leave, and drop/delete where this is the last reference.
    std::uint64_t word = word_.load(std::memory_order_acquire);
    while ((word & ~kTaken) != (kParty | kDone)) {
      if (word < 2 * kParty && (word & kDone) != 0) return Leaving::kDestroyResult;
      // end/leave: release if it leaves, acquire if it has to look again.
      if (word_.compare_exchange_weak(word, word - kParty, std::memory_order_release,
                                      std::memory_order_acquire)) {
        return Leaving::kNothing;
      }
    }
    return Leaving::kDelete;
  }
  /// Removes the last party. Returns whether the caller has to delete the task.
  [[nodiscard]] bool leave_last() noexcept { return drop(kParty); }

  /// Adds a keeper. REQUIRES: the caller is a party, or holds the lock of `SpawnedTasks`, which has
  /// the task in its list.
  void retain() noexcept { word_.fetch_add(kKeeper, std::memory_order_relaxed); }
  /// Removes a keeper. Returns whether the caller has to delete the task.
  [[nodiscard]] bool release() noexcept { return drop(kKeeper); }

 private:
  /// Bit 0: the task has ended. Never reset.
  static constexpr std::uint64_t kDone = 1;
  /// Bit 1: a party has taken the result. Never reset.
  static constexpr std::uint64_t kTaken = 2;
  /// Bits 2 to 31: the number of keepers.
  static constexpr std::uint64_t kKeeper = 4;
  /// Bits 32 to 63: the number of parties.
  static constexpr std::uint64_t kParty = std::uint64_t{1} << 32U;

  /// Returns whether that was the last reference.
  bool drop(std::uint64_t reference) noexcept {
    // acq_rel: drop/delete.
    const std::uint64_t old = word_.fetch_sub(reference, std::memory_order_acq_rel);
    return (old & ~(kDone | kTaken)) == reference;
  }

  // At first the task itself is a keeper, and its handle a party.
  std::atomic<std::uint64_t> word_{kKeeper + kParty};
};

}  // namespace mtaio::internal
