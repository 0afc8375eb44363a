/// A condition that tasks wait for while they do not hold a mutex.
#pragma once

#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/mutex.hpp>
#include <mtaio/sync/permit_pool.hpp>
#include <mtaio/task.hpp>
#include <mtaio/timeout.hpp>

#include <concepts>
#include <coroutine>

namespace mtaio {

/// Lets tasks that hold a `Mutex` wait until another task has changed what the mutex guards.
///
/// From docs/condition.md:
///
///     mtaio::Task<int> take(Shelf& shelf) {
///       auto guard = co_await shelf.mutex.lock();
///       co_await shelf.changed.wait(guard, [&] { return !shelf.items.empty(); });
///       const int item = shelf.items.front();
///       shelf.items.pop_front();
///       co_return item;
///     }
///
/// A notified task goes from the line of the condition directly into the line of the mutex, and
/// resumes when it holds the mutex. Destroying a condition while a task waits for it ends the
/// program with a message.
class [[gnu::visibility("default")]] Condition {
 public:
  class Wait;

  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  ~Condition();

  /// Unlocks the mutex, waits for a notification, locks the mutex again, and returns true. Between
  /// the two no notification is missed. The operation may be awaited again. The `co_await` throws
  /// `std::logic_error` if `guard` does not hold a mutex.
  ///
  /// Suspends:  always, unless a stop was requested before.
  /// Resumes:   on the waiting task's own scheduler, holding the mutex; in order of arrival; never
  ///            inside another task's call.
  /// Cancelled: throws CancelledError when it holds the mutex again; a notification that it does
  ///            not take goes to the next waiter.
  /// Threads:   any.
  /// Lifetime:  the condition must outlive its waiters, the mutex and the guard the operation.
  [[nodiscard]] Wait wait(Mutex::Guard& guard) noexcept;

  /// The same with the same promises, for at most `timeout` from the `co_await`: returns false if
  /// the time runs out. Locking the mutex again may take longer. `wait(guard, 0s)` returns false
  /// without unlocking the mutex.
  [[nodiscard]] Wait wait(Mutex::Guard& guard, Timeout timeout) noexcept;

  /// Waits until `predicate()`, which is called while the mutex is held, returns true. A task of
  /// its own, so it may be awaited once, and its frame is allocated.
  template <std::predicate Predicate>
  Task<void> wait(Mutex::Guard& guard, Predicate predicate);

  /// The same for at most `timeout` from the `co_await`. Returns what `predicate()` returned last.
  template <std::predicate Predicate>
  Task<bool> wait(Mutex::Guard& guard, Predicate predicate, Timeout timeout);

  /// Notifies the first waiter, or all that wait at this moment; does nothing if no task waits. It
  /// is not necessary to hold the mutex. A notified task may destroy the condition immediately. Any
  /// thread.
  void notify_one() noexcept;
  void notify_all() noexcept;

 private:
  class Waiting;

  static lowlevel::TimePoint deadline_of(Timeout timeout);
  static Timeout time_until(lowlevel::TimePoint deadline);
  static internal::PermitPool& mutex_of(Mutex::Guard& guard);

  // Guards the list.
  lowlevel::SpinLock lock_;
  lowlevel::WaitList waiters_;
};

/// A task that waits for a notification, and then for the mutex. The first wait is that of the
/// base, which a notification, a stop request or the timer ends. The second has a waiter of its own
/// and cannot be interrupted: the task holds the mutex whatever ended the first.
class [[gnu::visibility("default")]] Condition::Waiting final : public lowlevel::TimedWaiter {
 public:
  Waiting(Condition& condition, internal::PermitPool& mutex) noexcept
      : TimedWaiter{&Waiting::ended_early}, condition_{condition}, mutex_{mutex} {}

  template <class Promise>
  void prepare_both(std::coroutine_handle<Promise> awaiting) {
    awaiting_ = awaiting;
    prepare(awaiting);
    for_mutex_.prepare_unstoppable(awaiting);
  }
  /// Enters the line of the condition, and unlocks the mutex. False, with the mutex locked, if the
  /// task must not wait.
  bool begin() noexcept;
  /// The waiter has been claimed: it enters the line of the mutex.
  void notify() noexcept;
  /// The mutex is held again: returns what ended the first wait.
  State finish_both() noexcept;

 private:
  static std::coroutine_handle<> ended_early(Job& job) noexcept;
  /// False if the mutex will be handed over later; then the waiter must not be touched any more.
  bool lock_mutex() noexcept { return !mutex_.enlist(for_mutex_); }

  Condition& condition_;
  internal::PermitPool& mutex_;
  std::coroutine_handle<> awaiting_;
  internal::PermitWaiter for_mutex_{1};
};

class [[nodiscard]] Condition::Wait {
 public:
  class Awaiter;

  Wait(Condition& condition, Mutex::Guard& guard, Timeout timeout) noexcept
      : condition_{&condition}, guard_{&guard}, timeout_{timeout} {}
  Awaiter operator co_await() const;

 private:
  Condition* condition_;
  Mutex::Guard* guard_;
  Timeout timeout_;
};

class Condition::Wait::Awaiter {
 public:
  using resumes_at_home = void;

  Awaiter(Condition& condition, Mutex::Guard& guard, Timeout timeout)
      : timeout_{timeout}, waiting_{condition, mutex_of(guard)} {}

  [[nodiscard]] bool await_ready() const noexcept { return timeout_.is_now(); }
  // Not inlined: see WaitAwaiter::await_suspend().
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiting_.prepare_both(awaiting);
    waiting_.arm(timeout_);
    return waiting_.begin();
  }
  bool await_resume() {
    if (timeout_.is_now()) return false;
    const lowlevel::Waiter::State ended = waiting_.finish_both();
    if (ended == lowlevel::Waiter::State::kCancelled) lowlevel::throw_cancelled();
    return ended == lowlevel::Waiter::State::kServed;
  }

 private:
  Timeout timeout_;
  Waiting waiting_;
};

inline Condition::Wait::Awaiter Condition::Wait::operator co_await() const {
  return Awaiter{*condition_, *guard_, timeout_};
}
inline Condition::Wait Condition::wait(Mutex::Guard& guard) noexcept {
  return wait(guard, Timeout::forever());
}
inline Condition::Wait Condition::wait(Mutex::Guard& guard, Timeout timeout) noexcept {
  return Wait{*this, guard, timeout};
}

template <std::predicate Predicate>
Task<void> Condition::wait(Mutex::Guard& guard, Predicate predicate) {
  while (!predicate()) co_await wait(guard);
}

template <std::predicate Predicate>
Task<bool> Condition::wait(Mutex::Guard& guard, Predicate predicate, Timeout timeout) {
  const lowlevel::TimePoint deadline = deadline_of(timeout);
  for (;;) {
    if (predicate()) co_return true;
    const bool notified = co_await wait(guard, time_until(deadline));
    if (!notified) co_return predicate();
  }
}

}  // namespace mtaio
