/// A mutex of four bytes, small enough for coroutine frames.
#pragma once

#include <mtaio/base/slow_path.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::lowlevel {

/// A spin lock for critical sections of a few instructions, without user code. A thread that finds
/// it held spins, and after a while sleeps for a few microseconds between two attempts: the lock is
/// held for longer only if its holder was preempted. Threads that have slept go before threads that
/// have just arrived. Works with `std::scoped_lock` and `std::unique_lock`.
///
/// `unlock()` is a single store and does not touch the lock again, so the next thread that acquires
/// it may destroy it. For the same reason no thread sleeps until it is woken: a holder that wakes a
/// thread would have to look at the lock after the store.
///
/// unlock/lock  What a holder did before `unlock()` (release) is visible to the next holder after
///              its `lock()` (acquire).
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
    internal::call_slow_path([](SpinLock* lock) noexcept { lock->lock_contended(); }, this);
  }
  [[nodiscard]] bool try_lock() noexcept {
    // acquire: unlock/lock.
    return held_.exchange(1, std::memory_order_acquire) == 0;
  }
  void unlock() noexcept {
    // release: unlock/lock.
    held_.store(0, std::memory_order_release);
  }

 private:
  [[gnu::visibility("default")]] void lock_contended() noexcept;

  // Adjacent, so that one instruction initialises both.
  std::atomic<std::uint16_t> held_{0};
  /// How many threads have slept, and still wait.
  std::atomic<std::uint16_t> starving_{0};
};

/// A spin lock that does nothing while all its users hold another lock around it.
class ElidableLock {
 public:
  /// Declares whether from now on all users hold the same other lock. REQUIRES: no other thread
  /// uses this lock during the call.
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
