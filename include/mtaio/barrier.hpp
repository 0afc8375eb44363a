/// A point that a number of tasks reach together.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>

#include <cstddef>

namespace mtaio {

class Barrier;

namespace internal {

/// A stop request ends the wait under the lock of the barrier: so the last task of a round finds
/// only waiters in the list whose arrival counts, and none of them can give up meanwhile.
class [[gnu::visibility("default")]] BarrierWaiter : public lowlevel::Waiter {
 public:
  BarrierWaiter() noexcept : Waiter{&BarrierWaiter::stop} {}

 private:
  friend class mtaio::Barrier;

  static void stop(StopNode& node) noexcept;

  // Set before the waiter commits.
  Barrier* barrier_ = nullptr;
};

}  // namespace internal

/// Lets `n` tasks wait for each other: when the last of them arrives, all continue, and the barrier
/// is ready for the next round.
///
/// From docs/barrier.md:
///
///     mtaio::Task<void> work(mtaio::Barrier& barrier, std::vector<int>& cells, std::size_t own) {
///       for (int round = 0; round < 3; ++round) {
///         const int next = cells[own] + cells[(own + 1) % cells.size()];
///         co_await barrier.arrive_and_wait();  // all have read
///         cells[own] = next;
///         co_await barrier.arrive_and_wait();  // all have written
///       }
///     }
///
/// What a thread did before it arrived is visible to every task that continues. Waiting allocates
/// nothing. Destroying a barrier while a task waits at it ends the program with a message.
class [[gnu::visibility("default")]] Barrier {
 public:
  using Wait = lowlevel::WaitOperation<Barrier&, internal::BarrierWaiter>;

  /// For `n` tasks. Throws `std::invalid_argument` if `n` is less than 1.
  explicit Barrier(std::ptrdiff_t n);
  explicit Barrier(internal::NotACount auto n) = delete;
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;
  ~Barrier();

  /// Arrives at the barrier, and waits until `n` tasks have arrived in this round. The operation
  /// may be awaited again, in the next round.
  ///
  /// Suspends:  unless it is the last to arrive in its round.
  /// Resumes:   on the waiting task's own scheduler, in order of arrival; never inside another
  ///            task's call.
  /// Cancelled: throws CancelledError and withdraws its arrival, so the round needs another one.
  ///            Not a cancellation point for the last to arrive.
  /// Threads:   any.
  /// Lifetime:  the barrier must outlive its waiters.
  [[nodiscard]] Wait arrive_and_wait() noexcept;

  /// The number of tasks that wait in this round; it may change before the caller uses it. Any
  /// thread.
  [[nodiscard]] std::size_t waiting() noexcept;

  // For `lowlevel` code: the steps of a wait.

  /// Arrives, and adds a waiter for the end of the round. Returns false if it must not wait.
  bool enlist(internal::BarrierWaiter& waiter) noexcept;
  /// Does nothing: a waiter that was asked to stop is no longer in the list.
  void forget(internal::BarrierWaiter&) noexcept {}

 private:
  friend class internal::BarrierWaiter;

  /// A waiter was asked to stop: it takes its arrival back, unless the round has ended.
  void withdraw(internal::BarrierWaiter& waiter) noexcept;

  const std::size_t needed_;
  // Guards the members below.
  lowlevel::SpinLock lock_;
  std::size_t arrived_ = 0;
  lowlevel::WaitList waiters_;
};

inline Barrier::Wait Barrier::arrive_and_wait() noexcept { return Wait{*this}; }

}  // namespace mtaio
