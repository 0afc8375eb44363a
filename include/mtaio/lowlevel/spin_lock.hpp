/// A mutex of four bytes, small enough for coroutine frames.
#pragma once

#include <mtaio/base/compiler.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::lowlevel {

/// Held for a few instructions at a time and never around user code. Works with `std::scoped_lock`
/// and `std::unique_lock`. Whoever acquires it next may destroy it at once: `unlock()` is a single
/// store. That is also why nobody sleeps on it: to wake a sleeper one would have to look at the
/// lock again. Who finds it held looks again, soon at first, then after a nap; it is held for long
/// only if its holder was preempted. Those who had to nap go before those who have just come.
class SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() noexcept {
    if (try_lock()) [[likely]] {
      if (starving_.load(std::memory_order_relaxed) == 0) [[likely]]
        return;
      unlock();
    }
    lock_slowly();
  }
  [[nodiscard]] bool try_lock() noexcept {
    return held_.exchange(1, std::memory_order_acquire) == 0;
  }
  void unlock() noexcept { held_.store(0, std::memory_order_release); }

 private:
  MTAIO_SLOW_HALF void lock_slowly() noexcept { lock_contended(); }
  [[gnu::cold, gnu::noinline, gnu::visibility("default")]] void lock_contended() noexcept;

  // No gap between them: initialised by one instruction.
  std::atomic<std::uint16_t> held_{0};
  std::atomic<std::uint16_t> starving_{0};  // how many have napped, and still wait
};

/// A lock that does nothing while its users have another one around it.
class ElidableLock {
 public:
  /// From now on, whether all users hold the same other lock. While nobody uses it but the caller.
  void elide(bool elided) noexcept { elided_ = elided; }
  [[nodiscard]] bool elided() const noexcept { return elided_; }

  void lock() noexcept {
    if (!elided_) lock_.lock();
  }
  void unlock() noexcept {
    if (!elided_) lock_.unlock();
  }

 private:
  SpinLock lock_;
  bool elided_ = false;
};

}  // namespace mtaio::lowlevel
