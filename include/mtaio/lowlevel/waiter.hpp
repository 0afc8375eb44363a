/// Somebody who waits, and the list of those who wait for the same thing.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/lowlevel/timer.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>

namespace mtaio::lowlevel {

/// A suspended task, inside its awaiter. For those who write primitives of their own; `Latch` is
/// the shortest example.
///
/// The life of a wait, in the awaiter of a primitive that has a lock and a `WaitList`:
///
///     bool await_suspend(handle) {
///       waiter.prepare(handle);
///       lock;
///       if (there is no need to wait) { waiter.complete_inline(); return false; }
///       if (!waiter.commit()) return false;  // it was asked to stop
///       list.add(waiter);
///       return true;  // from the unlock on nothing may touch it any more: whoever claims it
///     }               // resumes it
///     await_resume() {
///       if (waiter.finish() != Waiter::State::kServed) { lock; list.forget(waiter); throw }
///     }
///
/// Many may want to wake a waiter: the primitive, a stop request, a timer. Each tries to move the
/// state away from `kWaiting`; the one that succeeds owns the outcome and posts the waiter to its
/// scheduler, the others leave it alone. So what is handed over with a claim cannot be lost to a
/// cancellation. One that is woken by a stop request, or by its timer, takes the lock before it
/// goes; so it is still there when `list.add()` comes after that.
///
/// Such an awaiter has a member type `resumes_at_home`: see `ResumesAtHome`.
class [[gnu::visibility("default")]] Waiter : public Job,
                                              public ListNode<Waiter>,
                                              protected StopNode {
 public:
  enum class State : std::uint8_t {
    kPreparing,  // nobody else knows of it
    kListening,  // may be ended by others, who do not resume it
    kWaiting,    // up for claims
    kServed,     // what it waited for has come
    kCancelled,  // it was asked to stop
    kTimedOut,   // its timer fired
  };

  Waiter() noexcept : Waiter{&Waiter::stop} {}
  /// `on_stop` decides what a stop request does while it listens; by default it is
  /// `interrupt(State::kCancelled)`. To one that came before `commit()`, that says no.
  explicit Waiter(Notify on_stop) noexcept : Job{&Waiter::resume}, StopNode{on_stop} {}
  /// One that is no coroutine: `on_wake` is what its scheduler runs once it has been claimed.
  explicit Waiter(Job::Function on_wake) noexcept : Job{on_wake}, StopNode{&Waiter::stop} {}
  ~Waiter() {
    if (listens_) [[unlikely]]
      leave_scope();
  }

  /// Notes who is to be resumed and where. Throws `std::logic_error` when the awaiting coroutine
  /// belongs to no runtime.
  template <class Promise>
  void prepare(std::coroutine_handle<Promise> awaiting) {
    prepare(awaiting, internal::context_of(awaiting));
  }
  void prepare(std::coroutine_handle<> awaiting, internal::TaskContext* context);

  /// The same, but it listens for no stop request.
  template <class Promise>
  void prepare_unstoppable(std::coroutine_handle<Promise> awaiting) {
    prepare_unstoppable(awaiting, internal::context_of(awaiting));
  }
  void prepare_unstoppable(std::coroutine_handle<> awaiting, internal::TaskContext* context);

  /// For a waiter that is no coroutine: it is woken on `scheduler`. It listens for no stop request.
  void prepare(Scheduler& scheduler) noexcept { scheduler_ = &scheduler; }

  /// Where others are told of the waiter before `commit()`: it listens for stop requests from here
  /// on, and may be interrupted.
  void listen() noexcept;

  /// Instead of a wait: has the task go on behind everything else that is ready, as one that was
  /// served. No cancellation point. Nothing may touch the waiter after this.
  template <class Promise>
  void yield(std::coroutine_handle<Promise> awaiting) {
    yield(awaiting, internal::context_of(awaiting));
  }
  void yield(std::coroutine_handle<> awaiting, internal::TaskContext* context);

  /// The waiter's own side, while nobody can claim it: there is no need to wait.
  void complete_inline() noexcept { state_.store(State::kServed, std::memory_order_relaxed); }
  /// The same, unless it was asked to stop: then false. Not if it listens already.
  [[nodiscard]] bool try_complete_inline() noexcept {
    if (scope_ && scope_->stop_arrived()) return cancel_now();
    complete_inline();
    return true;
  }
  /// Listens for stop requests, and is up for claims. False if it was asked to stop, or interrupted
  /// since it listens. The lock of the primitive is held.
  [[nodiscard]] bool commit() noexcept {
    // Nobody else knows of it, and who finds it in the scope or under the lock sees the store.
    if (state_.load(std::memory_order_relaxed) != State::kPreparing) [[unlikely]]
      return interrupt_as(State::kListening, State::kWaiting);
    state_.store(State::kWaiting, std::memory_order_relaxed);
    if (!scope_) return true;
    listens_ = true;
    return scope_->add_unless_stopped(*this) || cancel_now();
  }

  /// Becomes the one who wakes this waiter. False if somebody else has.
  [[nodiscard]] bool claim() noexcept { return interrupt_as(State::kWaiting, State::kServed); }
  /// Has it resumed on its own scheduler. REQUIRES: claimed by the caller. It may be gone when this
  /// returns.
  void wake() noexcept { scheduler_->post(*this); }

  /// After the wait: stops listening, and says what ended it. Not inside a coroutine's own lock.
  State finish() noexcept {
    const State wake = state_.load(std::memory_order_acquire);
    if (wake == State::kCancelled) [[unlikely]]
      notice_stop();
    if (listens_) leave_scope();
    return wake;
  }

  [[nodiscard]] Scheduler& scheduler() const noexcept { return *scheduler_; }
  /// From where stop requests come; null when nobody can ask it.
  [[nodiscard]] StopScope* scope() const noexcept { return scope_; }

 protected:
  /// Wakes it for `why`, or keeps it from waiting at all. False if somebody else has claimed it, or
  /// it does not listen yet. Any thread.
  bool interrupt(State why) noexcept;

 private:
  bool interrupt_as(State from, State to) noexcept {
    // release: what the claimer did before is visible to the waiter; acquire: what the waiter
    // prepared, to the claimer.
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel,
                                          std::memory_order_acquire);
  }
  static std::coroutine_handle<> resume(Job& job) noexcept;
  static void stop(StopNode& node) noexcept;
  void prepare_outside(std::coroutine_handle<> awaiting, internal::TaskContext* context);
  void prepare_in(StopScope& scope) noexcept {
    scope_ = &scope;
    scope.attach();
  }
  /// It was asked to stop before anybody else knew of it. Returns false.
  bool cancel_now() noexcept {
    state_.store(State::kCancelled, std::memory_order_relaxed);
    return false;
  }
  MTAIO_SLOW_HALF void notice_stop() noexcept {
    // Only now is it certain: what it waited for may have come between the request and the wait.
    if (scope_) scope_->notice();
  }
  void leave_scope() noexcept {
    scope_->remove(*this);
    listens_ = false;
  }

  std::coroutine_handle<> awaiting_;
  Scheduler* scheduler_ = nullptr;
  StopScope* scope_ = nullptr;  // from which stop requests come; null when nobody can ask it
  std::atomic<State> state_{State::kPreparing};
  bool listens_ = false;  // in the scope, unless that was asked to stop
};

/// A waiter that gives up at a point in time.
class [[gnu::visibility("default")]] TimedWaiter : public Waiter, private Timer {
 public:
  TimedWaiter() noexcept : Timer{&TimedWaiter::fire} {}
  ~TimedWaiter() { TimerHeap::disarm(*this); }

  /// Between `prepare()` and `commit()`: listens, and is woken for `kTimedOut` after `timeout`.
  void arm(Timeout timeout) noexcept {
    if (!timeout.is_forever()) arm_timer(timeout);
  }
  State finish() noexcept {
    TimerHeap::disarm(*this);
    return Waiter::finish();
  }

 private:
  void arm_timer(Timeout timeout) noexcept;
  static void fire(Timer& timer) noexcept;
};

}  // namespace mtaio::lowlevel
