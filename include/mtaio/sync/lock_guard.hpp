/// A lock on a mutex.
#pragma once

#include <mtaio/sync/held_permits.hpp>

#include <utility>

namespace mtaio::internal {

/// Owns a lock on a `Mutex`, which `unlock()` or the destructor gives back. An exclusive lock is
/// all permits of the mutex, a shared one some.
template <class Mutex, Share kShared = Share::kAll>
class [[nodiscard]] LockGuard {
 public:
  static constexpr Share kShare = kShared;

  /// For the library: REQUIRES that the permits are those of a locked mutex.
  explicit LockGuard(HeldPermits<kShare> held) noexcept : held_{std::move(held)} {}

  /// Unlocks the mutex now; does nothing if that has happened. A task that it is handed to may
  /// destroy the mutex immediately. Any thread.
  void unlock() noexcept { held_.give_back(); }
  /// False after `unlock()`, and after the lock was moved away.
  [[nodiscard]] bool owns_lock() const noexcept { return held_.pool() != nullptr; }

  /// For the library.
  [[nodiscard]] HeldPermits<kShare>& held() noexcept { return held_; }

 private:
  HeldPermits<kShare> held_;
};

}  // namespace mtaio::internal
