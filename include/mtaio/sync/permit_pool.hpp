/// What the semaphore and the mutexes have in common: a number of permits, and a line of waiters.
#pragma once

#include <mtaio/base/slow_path.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>

#include <atomic>
#include <cstdint>
#include <limits>

namespace mtaio::internal {

/// A task that waits for permits.
class PermitWaiter : public lowlevel::TimedWaiter {
 public:
  explicit PermitWaiter(std::int64_t count) noexcept : count_{count} {}
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }

 private:
  std::int64_t count_;
};

/// Whether permits are all that a pool has.
enum class Share : std::uint8_t { kSome, kAll };

/// Permits that are taken and given back, several at once if need be, in order of arrival. A mutex
/// is a pool of one permit.
///
/// While no task waits, taking and giving back change one word, without the lock. The first waiter
/// sets a bit of the word, and from then on the word changes under the lock only: the thread that
/// gives permits back hands them to the waiters at the front.
///
/// Invariants, whenever the lock is free:
///   P1  The bit kQueue is set while a waiter is in the list.
///   P2  The first waiter that still waits wants more permits than are free; or a waiter in front
///       of it has given up, and is about to call forget().
/// And at any time:
///   P3  While kQueue is set, only the holder of the lock changes the word.
///   P4  The thread that resets kQueue keeps the pool alive until it has released the lock: it is
///       about to take permits, or has served a waiter that it has not woken yet. Once the bit is
///       reset, other threads take and give back without the lock, and the last may destroy the
///       pool.
///
/// give/take  What a thread did before it gave permits back is visible to the thread that takes
///            them. Giving is a release of the word, taking an acquire, and the changes in between
///            carry the release on. Under the lock, the lock does the same: setting kQueue is an
///            acquire, and resetting it a release.
///
/// Any thread may call any member.
class [[gnu::visibility("default")]] PermitPool {
 public:
  /// No sum or double of two numbers up to this overflows.
  static constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 8;

  explicit PermitPool(std::int64_t permits) noexcept : word_{permits * kPermit} {}
  PermitPool(const PermitPool&) = delete;
  PermitPool& operator=(const PermitPool&) = delete;

  /// Takes `count` permits if they are free and no task waits for permits.
  template <Share kShare>
  [[nodiscard]] bool try_take(std::int64_t count) noexcept {
    std::int64_t word = guess<kShare>(count);
    do {
      // acquire: give/take.
      if (may_take(word, count) &&
          word_.compare_exchange_weak(word, word - count * kPermit, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        return true;
      }
    } while (may_take(word, count));
    if (word < count * kPermit) return false;
    return call_slow_path(
        [](PermitPool* pool, std::int64_t wanted) noexcept { return pool->take_in_order(wanted); },
        this, count);
  }

  /// Gives `count` permits back. A task that they are handed to may destroy the pool.
  template <Share kShare>
  void give_back(std::int64_t count) noexcept {
    std::int64_t word = guess<kShare>(0);
    while ((word & kQueue) == 0) {
      // release: give/take.
      if (word_.compare_exchange_weak(word, word + count * kPermit, std::memory_order_release,
                                      std::memory_order_relaxed)) {
        return;
      }
    }
    call_slow_path([](PermitPool* pool, std::int64_t given) noexcept { pool->hand_over(given); },
                   this, count);
  }

  /// Takes what the waiter wants, or adds the waiter. Returns true if it waits; false if it was
  /// served or asked to stop.
  bool enlist(PermitWaiter& waiter) noexcept;
  /// Takes out a waiter that was not served. The permits that it kept from others go to them.
  void forget(PermitWaiter& waiter) noexcept;

  /// Replaces `limit`, the number of permits that the caller has made; the difference appears, or
  /// is missing until enough permits were given back. The lock of the pool guards `limit`.
  void set_limit(std::atomic<std::int64_t>& limit, std::int64_t permits) noexcept;

  /// The number of free permits; negative after `set_limit()` has taken away more than were free.
  [[nodiscard]] std::int64_t free() const noexcept {
    return free_in(word_.load(std::memory_order_relaxed));
  }
  /// For destructors.
  [[nodiscard]] bool has_waiters() const noexcept { return !waiters_.empty(); }

 private:
  // The word: a bit that says that there may be waiters, and above it the number of free permits.
  static constexpr std::int64_t kQueue = 1;
  static constexpr std::int64_t kPermit = 2;
  static constexpr std::int64_t free_in(std::int64_t word) noexcept { return word >> 1; }

  /// What the word is likely to be, for a thread that takes all permits or gives all back: a wrong
  /// guess costs one more attempt, while reading the word first would cost every attempt more.
  template <Share kShare>
  [[nodiscard]] std::int64_t guess(std::int64_t free) const noexcept {
    if constexpr (kShare == Share::kAll) return free * kPermit;
    return word_.load(std::memory_order_relaxed);
  }
  static constexpr bool may_take(std::int64_t word, std::int64_t count) noexcept {
    return word >= count * kPermit && (word & kQueue) == 0;
  }
  bool take_in_order(std::int64_t count) noexcept;
  void hand_over(std::int64_t count) noexcept;

  // All of these REQUIRE: the lock is held.

  /// From here on only the holder of the lock changes the word. Returns the number of free permits.
  std::int64_t begin_queue() noexcept;
  /// The first waiter that still waits; null if there is none. Takes out those in front of it.
  PermitWaiter* first_waiter() noexcept;
  /// Serves the waiters at the front. `free` is the number of free permits; returns what is left.
  std::int64_t serve(std::int64_t free, lowlevel::WakeList& served) noexcept;
  /// Stores the number of free permits. `keeps_alive`: see P4.
  void set_free(std::int64_t free, bool keeps_alive) noexcept;

  std::atomic<std::int64_t> word_;
  // Guards the list, and the word while kQueue is set.
  lowlevel::SpinLock lock_;
  lowlevel::WaitList waiters_;
};

}  // namespace mtaio::internal
