/// A mutex of four bytes, small enough for coroutine frames.
#pragma once

#include <atomic>
#include <cstdint>

namespace mtaio::lowlevel {

/// Held for a few instructions at a time and never around user code. Works with `std::scoped_lock`
/// and `std::unique_lock`. Whoever acquires it next may destroy it as soon as it has released it
/// itself: after the exchange in `unlock()` only the address is used, to wake a waiter.
class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void lock() noexcept {
    std::uint32_t expected = kFree;
    if (!word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
      lock_contended();
    }
  }

  [[nodiscard]] bool try_lock() noexcept {
    std::uint32_t expected = kFree;
    return word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }

  void unlock() noexcept {
    if (word_.exchange(kFree, std::memory_order_release) == kWanted) wake(word_);
  }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kWanted = 2;  // held, and somebody may be asleep on the word

  [[gnu::cold, gnu::visibility("default")]] void lock_contended() noexcept;
  [[gnu::cold, gnu::visibility("default")]] static void wake(
      std::atomic<std::uint32_t>& word) noexcept;

  std::atomic<std::uint32_t> word_{kFree};
};

/// A lock that does nothing while its users have another one around it.
class ElidableLock {
 public:
  /// From now on, whether all users hold the same other lock. While nobody uses it but the caller.
  void elide(bool elided) noexcept { elided_ = elided; }

  void lock() noexcept {
    if (!elided_) lock_.lock();
  }
  void unlock() noexcept {
    if (!elided_) lock_.unlock();
  }

 private:
  Lock lock_;
  bool elided_ = false;
};

}  // namespace mtaio::lowlevel
