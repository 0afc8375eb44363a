/// A flag that tasks can wait for.
#pragma once

#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/timeout.hpp>

namespace mtaio {

/// Lets tasks wait until a flag is set. Unlike a `Latch`, an event can be cleared, and set again.
///
/// From docs/event.md:
///
///     mtaio::Task<void> work(mtaio::Event& open, int& done) {
///       co_await open.wait();
///       ++done;
///     }
///
/// What a thread did before `set()` is visible to every task that `wait()` lets through, and to a
/// thread for which `is_set()` is true. Waiting allocates nothing. Destroying an event while a task
/// waits for it ends the program with a message.
class [[gnu::visibility("default")]] Event {
 public:
  class Wait;

  explicit Event(bool set = false) noexcept : set_{set} {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event();

  /// Sets the flag, and lets all tasks through that wait at this moment, also if the flag is
  /// cleared before they have resumed. Does nothing if the flag is set. A task that is let through
  /// may destroy the event immediately. Any thread.
  void set() noexcept;
  /// Clears the flag: later waits wait. Any thread.
  void clear() noexcept;
  /// Whether the flag is set; other threads may change it before the caller uses it. Any thread.
  [[nodiscard]] bool is_set() noexcept;

  /// Waits until the flag is set, and returns true. The operation may be awaited again.
  ///
  /// Suspends:  only while the flag is not set.
  /// Resumes:   on the waiting task's own scheduler, in order of arrival; never inside set().
  /// Cancelled: throws CancelledError; the flag stays as it is. Not a cancellation point while the
  ///            flag is set.
  /// Threads:   any.
  /// Lifetime:  the event must outlive its waiters.
  [[nodiscard]] Wait wait() noexcept;

  /// The same with the same promises, for at most `timeout` from the `co_await`: returns false if
  /// the time runs out. `wait(0s)` only looks at the flag: it does not suspend, and is not a
  /// cancellation point.
  [[nodiscard]] Wait wait(Timeout timeout) noexcept;

  // For `lowlevel` code: the steps of a wait.

  /// The same as `is_set()`, under the name that `lowlevel::TimedWaitAwaiter` calls.
  [[nodiscard]] bool ready() noexcept { return is_set(); }
  /// Adds a waiter for the flag to be set. Returns false if it must not wait.
  bool enlist(lowlevel::Waiter& waiter) noexcept;
  /// Takes out a waiter that was not served.
  void forget(lowlevel::Waiter& waiter) noexcept;

 private:
  // Guards the members below.
  lowlevel::SpinLock lock_;
  bool set_;
  lowlevel::WaitList waiters_;
};

class [[nodiscard]] Event::Wait {
 public:
  using Awaiter = lowlevel::TimedWaitAwaiter<Event&>;

  Wait(Event& event, Timeout timeout) noexcept : event_{&event}, timeout_{timeout} {}
  Awaiter operator co_await() const noexcept { return Awaiter{*event_, timeout_}; }

 private:
  Event* event_;
  Timeout timeout_;
};

inline Event::Wait Event::wait() noexcept { return wait(Timeout::forever()); }
inline Event::Wait Event::wait(Timeout timeout) noexcept { return Wait{*this, timeout}; }

extern template class lowlevel::TimedWaitAwaiter<Event&>;

}  // namespace mtaio
