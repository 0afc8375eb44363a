/// A mutex that many readers or one writer may hold.
#pragma once

#include <mtaio/sync/acquire.hpp>
#include <mtaio/sync/lock_guard.hpp>
#include <mtaio/sync/permit_pool.hpp>
#include <mtaio/timeout.hpp>

#include <cstdint>
#include <optional>

namespace mtaio {

/// Lets either any number of tasks read, or one task write. First come, first served, so neither
/// readers nor writers starve: a reader that comes after a waiting writer waits for it. Readers
/// that are next to each other in the line enter together.
///
/// From docs/shared_mutex.md:
///
///     mtaio::Task<std::string> look_up(Names& names, int number) {
///       const auto guard = co_await names.mutex.lock_shared();
///       co_return names.by_number.at(number);
///     }
///
/// What a thread did before it unlocked is visible to the task that locks. Waiting allocates
/// nothing. A task that holds the mutex in either way and locks it again may wait for itself.
/// Destroying a mutex while a task waits for it, or while it is locked, ends the program with a
/// message.
class [[gnu::visibility("default")]] SharedMutex {
 public:
  /// Owns the lock of a writer until `unlock()` or its destructor; can be moved, and unlocked by
  /// any thread.
  using Guard = internal::LockGuard<SharedMutex>;
  /// The same for the lock of a reader.
  using SharedGuard = internal::LockGuard<SharedMutex, internal::Share::kSome>;
  using Lock = internal::AcquireOperation<Guard, Guard>;
  using TimedLock = internal::AcquireOperation<Guard, std::optional<Guard>>;
  using SharedLock = internal::AcquireOperation<SharedGuard, SharedGuard>;
  using TimedSharedLock = internal::AcquireOperation<SharedGuard, std::optional<SharedGuard>>;

  SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  ~SharedMutex();

  /// Waits until no other task holds the mutex, and returns the `Guard` that holds it alone from
  /// now on. The operation may be awaited again.
  ///
  /// Suspends:  only while the mutex is locked in either way.
  /// Resumes:   on the waiting task's own scheduler, in order of arrival; never inside another
  ///            task's call.
  /// Cancelled: throws CancelledError; the mutex was not locked by the operation. Not a
  ///            cancellation point while the mutex is free.
  /// Threads:   any.
  /// Lifetime:  the mutex must outlive its waiters and its guards.
  [[nodiscard]] Lock lock() noexcept { return {pool_, kWriter, Timeout::forever()}; }

  /// The same with the same promises, for at most `timeout` from the `co_await`: returns nullopt if
  /// the time runs out. `lock(0s)` only tries: it does not suspend, and is not a cancellation
  /// point.
  [[nodiscard]] TimedLock lock(Timeout timeout) noexcept { return {pool_, kWriter, timeout}; }

  /// Waits until no writer holds the mutex, or waits in front of this task, and returns the
  /// `SharedGuard` that holds the mutex together with other readers. The operation may be awaited
  /// again.
  ///
  /// Suspends:  only while a writer holds the mutex, or other tasks wait.
  /// Resumes:   on the waiting task's own scheduler, in order of arrival; never inside another
  ///            task's call.
  /// Cancelled: throws CancelledError; the mutex was not locked by the operation. Not a
  ///            cancellation point while no writer holds the mutex and no task waits.
  /// Threads:   any.
  /// Lifetime:  the mutex must outlive its waiters and its guards.
  [[nodiscard]] SharedLock lock_shared() noexcept { return {pool_, kReader, Timeout::forever()}; }

  /// The same with the same promises, for at most `timeout` from the `co_await`: returns nullopt if
  /// the time runs out. `lock_shared(0s)` only tries.
  [[nodiscard]] TimedSharedLock lock_shared(Timeout timeout) noexcept {
    return {pool_, kReader, timeout};
  }

  /// Locks the mutex for a writer if it is free and no task waits; otherwise returns nullopt. Any
  /// thread.
  [[nodiscard]] std::optional<Guard> try_lock() noexcept {
    return internal::try_acquire<Guard>(pool_, kWriter);
  }
  /// Locks the mutex for a reader if no writer holds it and no task waits; otherwise returns
  /// nullopt. Any thread.
  [[nodiscard]] std::optional<SharedGuard> try_lock_shared() noexcept {
    return internal::try_acquire<SharedGuard>(pool_, kReader);
  }

 private:
  // A reader takes one permit, a writer all.
  static constexpr std::int64_t kReader = 1;
  static constexpr std::int64_t kWriter = internal::PermitPool::kMost;

  internal::PermitPool pool_{kWriter};
};

}  // namespace mtaio
