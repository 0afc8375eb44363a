/// A number of permits that tasks share.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/sync/acquire.hpp>
#include <mtaio/sync/held_permits.hpp>
#include <mtaio/sync/permit_pool.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace mtaio {

/// Limits how many tasks do something at the same time. A task acquires a permit, or several at
/// once, and releases it afterwards. First come, first served: a request for many permits is not
/// overtaken by later requests for few.
///
/// From docs/semaphore.md:
///
///     mtaio::Task<std::string> fetch(mtaio::Semaphore& connections, std::string url) {
///       const auto permit = co_await connections.acquire();  // released at the end of the block
///       co_await mtaio::sleep(10ms);
///       co_return "the page at " + url;
///     }
///
/// What a thread did before it released a permit is visible to the task that acquires it. Waiting
/// allocates nothing. Destroying a semaphore while a task waits for it, or while a permit is in
/// use, ends the program with a message.
class [[gnu::visibility("default")]] Semaphore {
 public:
  class Permit;
  using Acquire = internal::AcquireOperation<Permit, Permit>;
  using TimedAcquire = internal::AcquireOperation<Permit, std::optional<Permit>>;

  /// The greatest limit, and the greatest number of permits that can be acquired at once.
  static constexpr std::ptrdiff_t max() noexcept { return internal::PermitPool::kMost; }

  /// With `limit` permits; with zero, `acquire()` waits until `set_limit()` raises the limit.
  /// Throws `std::invalid_argument` if `limit` is negative or greater than `max()`.
  explicit Semaphore(std::ptrdiff_t limit);
  explicit Semaphore(internal::NotACount auto limit) = delete;
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  ~Semaphore();

  /// Waits until `k` permits are free, and returns them as one `Permit`. A request for more than
  /// the limit waits until the limit is raised. The operation may be awaited again. Throws
  /// `std::invalid_argument` if `k` is less than 1 or greater than `max()`.
  ///
  /// Suspends:  only while fewer than k permits are free, or other tasks wait.
  /// Resumes:   on the waiting task's own scheduler, in order of arrival; never inside another
  ///            task's call.
  /// Cancelled: throws CancelledError; no permit was acquired. Not a cancellation point while the
  ///            permits are free and no task waits.
  /// Threads:   any.
  /// Lifetime:  the semaphore must outlive its waiters and its permits.
  [[nodiscard]] Acquire acquire(std::ptrdiff_t k = 1);
  Acquire acquire(internal::NotACount auto k) = delete;

  /// The same with the same promises, for at most `timeout` from the `co_await`: returns nullopt if
  /// the time runs out. `acquire(k, 0s)` only tries: it does not suspend, and is not a cancellation
  /// point.
  [[nodiscard]] TimedAcquire acquire(std::ptrdiff_t k, Timeout timeout);
  TimedAcquire acquire(internal::NotACount auto k, Timeout timeout) = delete;

  /// Acquires `k` permits if they are free and no task waits; otherwise returns nullopt. Throws as
  /// `acquire()` does. Any thread.
  [[nodiscard]] std::optional<Permit> try_acquire(std::ptrdiff_t k = 1);
  std::optional<Permit> try_acquire(internal::NotACount auto k) = delete;

  /// Changes the number of permits; with zero, none is given any more. Permits that are in use stay
  /// valid: if more are in use than the new limit allows, none is given until enough of them were
  /// released. Throws as the constructor does. Any thread.
  void set_limit(std::ptrdiff_t limit);
  void set_limit(internal::NotACount auto limit) = delete;

  /// The limit, and the number of permits that are free; they may change before the caller uses
  /// them. Any thread.
  [[nodiscard]] std::ptrdiff_t limit() const noexcept {
    return limit_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::ptrdiff_t available() const noexcept;

 private:
  /// `k`; throws if it is not a number of permits that can be acquired.
  static std::ptrdiff_t checked(std::ptrdiff_t k) {
    if (k < 1 || k > max()) [[unlikely]]
      refuse(k);
    return k;
  }
  [[noreturn]] static void refuse(std::ptrdiff_t k);

  // Guarded by the lock of the pool. Read without it by limit().
  std::atomic<std::int64_t> limit_;
  internal::PermitPool pool_;
};

/// The permits of one `acquire()`. The destructor releases them.
class [[nodiscard]] Semaphore::Permit {
 public:
  static constexpr auto kShare = internal::Share::kSome;

  /// For the library: REQUIRES that they were acquired.
  explicit Permit(internal::HeldPermits<kShare> held) noexcept : held_{std::move(held)} {}

  /// Releases the permits now; does nothing if that has happened. A task that they are handed to
  /// may destroy the semaphore immediately. Any thread.
  void release() noexcept { held_.give_back(); }
  /// How many permits these are; zero after `release()`, and after they were moved away.
  [[nodiscard]] std::ptrdiff_t weight() const noexcept { return held_.count(); }

 private:
  internal::HeldPermits<kShare> held_;
};

inline Semaphore::Acquire Semaphore::acquire(std::ptrdiff_t k) {
  return {pool_, checked(k), Timeout::forever()};
}
inline Semaphore::TimedAcquire Semaphore::acquire(std::ptrdiff_t k, Timeout timeout) {
  return {pool_, checked(k), timeout};
}
inline std::optional<Semaphore::Permit> Semaphore::try_acquire(std::ptrdiff_t k) {
  return internal::try_acquire<Permit>(pool_, checked(k));
}

}  // namespace mtaio
