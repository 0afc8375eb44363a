/// A mutex for tasks.
#pragma once

#include <mtaio/sync/acquire.hpp>
#include <mtaio/sync/lock_guard.hpp>
#include <mtaio/sync/permit_pool.hpp>
#include <mtaio/timeout.hpp>

#include <optional>

namespace mtaio {

/// Lets one task at a time do something, also across its `co_await`s. First come, first served: the
/// task that unlocks hands the mutex to the first waiter.
///
/// From docs/mutex.md:
///
///     mtaio::Task<void> deposit(Account& account, int amount) {
///       const auto guard = co_await account.mutex.lock();  // unlocked at the end of the block
///       const int before = account.balance;
///       co_await mtaio::sleep(1ms);  // no other task changes the balance meanwhile
///       account.balance = before + amount;
///     }
///
/// What a thread did before it unlocked is visible to the task that locks. Waiting allocates
/// nothing. The mutex is not recursive: a task that locks it twice waits for itself. Destroying a
/// mutex while a task waits for it, or while it is locked, ends the program with a message.
class [[gnu::visibility("default")]] Mutex {
 public:
  /// Owns the lock until `unlock()` or its destructor; can be moved, and unlocked by any thread.
  using Guard = internal::LockGuard<Mutex>;
  using Lock = internal::AcquireOperation<Guard, Guard>;
  using TimedLock = internal::AcquireOperation<Guard, std::optional<Guard>>;

  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex();

  /// Waits until no other task holds the mutex, and returns the `Guard` that holds it from now on.
  /// The operation may be awaited again.
  ///
  /// Suspends:  only while the mutex is locked.
  /// Resumes:   on the waiting task's own scheduler, in order of arrival; never inside another
  ///            task's call.
  /// Cancelled: throws CancelledError; the mutex was not locked by the operation. Not a
  ///            cancellation point while the mutex is free.
  /// Threads:   any.
  /// Lifetime:  the mutex must outlive its waiters and its guard.
  [[nodiscard]] Lock lock() noexcept { return {pool_, 1, Timeout::forever()}; }

  /// The same with the same promises, for at most `timeout` from the `co_await`: returns nullopt if
  /// the time runs out. `lock(0s)` only tries: it does not suspend, and is not a cancellation
  /// point.
  [[nodiscard]] TimedLock lock(Timeout timeout) noexcept { return {pool_, 1, timeout}; }

  /// Locks the mutex if it is free and no task waits; otherwise returns nullopt. Any thread.
  [[nodiscard]] std::optional<Guard> try_lock() noexcept {
    return internal::try_acquire<Guard>(pool_, 1);
  }

 private:
  internal::PermitPool pool_{1};
};

}  // namespace mtaio
