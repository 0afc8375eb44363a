/// A suspended waiter, and one with a timeout.
#pragma once

#include <mtaio/base/slow_path.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/poster.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>

namespace mtaio::lowlevel {

/// A suspended task: the part of its awaiter that other threads claim and wake. For authors of
/// primitives; `awaiter.hpp` has awaiters that are ready to use, and `Latch` is the shortest
/// example.
///
/// The life of a wait, in a primitive that has a lock and a `WaitList`:
///
///     bool await_suspend(handle) {
///       waiter.prepare(handle);
///       lock;
///       if (there is nothing to wait for) { waiter.complete_inline(); return false; }
///       if (!waiter.commit()) return false;  // it was asked to stop
///       list.add(waiter);
///       return true;  // from the unlock on, only the thread that claims the waiter may touch it
///     }
///     await_resume() {
///       if (waiter.finish() != Waiter::State::kServed) { lock; list.forget(waiter); throw }
///     }
///
/// The primitive, a stop request and a timer may all want to wake a waiter. Each tries to move the
/// state away from `kWaiting`. The one that succeeds decides the outcome and posts the waiter to
/// its scheduler; the others leave the waiter alone. So an item that is handed over after a claim
/// cannot be lost to a cancellation. A stop request or a timer may resume the waiter before
/// `list.add()` has happened: the resumed task then takes the lock in `list.forget()`, so the
/// waiter is not destroyed while the primitive still uses it.
///
/// Two edges order what the threads do; each is named at its ends:
///
///   commit/claim   The thread that claims a waiter sees what the waiter wrote before commit(). It
///                  found the waiter in the primitive's list or in the stop scope, whose lock both
///                  threads took. After listen(), where it may have found the waiter earlier,
///                  commit() is a release and the claim an acquire.
///   claim/finish   The waiter sees what the other thread did before it claimed or interrupted.
///                  The claim is a release, finish() an acquire. What the thread does between
///                  claim() and wake() is visible by the post.
///
/// An awaiter that waits with a `Waiter` has a member type `resumes_at_home`: see `ResumesAtHome`.
class [[gnu::visibility("default")]] Waiter : public Job,
                                              public ListNode<Waiter>,
                                              protected StopNode {
 public:
  enum class State : std::uint8_t {
    // Only its own task knows the waiter.
    kPreparing,
    // A stop request or a timer may end the wait before it begins: then commit() fails.
    kListening,
    // May be claimed.
    kWaiting,
    // The primitive has given the waiter what it waited for.
    kServed,
    // The waiter was asked to stop.
    kCancelled,
    // Its timer fired.
    kTimedOut,
  };

  Waiter() noexcept : Waiter{&Waiter::stop} {}
  /// `on_stop` is what a stop request does while the waiter listens; by default
  /// `interrupt(State::kCancelled)`. It is not called for a request that came before a `commit()`
  /// without `listen()`: then `commit()` fails.
  explicit Waiter(Notify on_stop) noexcept : Job{&Waiter::resume}, StopNode{on_stop} {}
  /// For a waiter that is not a coroutine: `on_wake` wakes it.
  explicit Waiter(Job::Function on_wake) noexcept : Job{on_wake}, StopNode{&Waiter::stop} {}
  ~Waiter() {
    if (listens_) [[unlikely]]
      leave_scope();
  }

  /// Notes the coroutine to be resumed, its scheduler and its stop scope. Throws `std::logic_error`
  /// when the awaiting coroutine does not belong to a runtime.
  template <class Promise>
  void prepare(std::coroutine_handle<Promise> awaiting) {
    prepare(awaiting, internal::context_of(awaiting));
  }
  void prepare(std::coroutine_handle<> awaiting, internal::TaskContext* context);

  /// The same, but the waiter ignores stop requests.
  template <class Promise>
  void prepare_unstoppable(std::coroutine_handle<Promise> awaiting) {
    prepare_unstoppable(awaiting, internal::context_of(awaiting));
  }
  void prepare_unstoppable(std::coroutine_handle<> awaiting, internal::TaskContext* context);

  /// For a waiter that is not a coroutine: `poster` runs its `on_wake`. The waiter ignores stop
  /// requests. If it is a `TimedWaiter` that will be armed, `poster` must be a `Scheduler`.
  void prepare(Poster& poster) noexcept { poster_ = &poster; }

  /// For an awaiter that tells other threads of the waiter before `commit()`: from here on stop
  /// requests reach it, and it may be interrupted.
  void listen() noexcept;

  /// Instead of a wait: reschedules the task at the back of the ready queue, as a served waiter.
  /// Not a cancellation point. The waiter must not be touched after this.
  template <class Promise>
  void yield(std::coroutine_handle<Promise> awaiting) {
    yield(awaiting, internal::context_of(awaiting));
  }
  void yield(std::coroutine_handle<> awaiting, internal::TaskContext* context);

  /// There is nothing to wait for: the waiter counts as served. REQUIRES: `commit()` was not
  /// called.
  void complete_inline() noexcept { state_.store(State::kServed, std::memory_order_relaxed); }
  /// The same, unless the task was asked to stop: then returns false. REQUIRES: the waiter does not
  /// listen.
  [[nodiscard]] bool try_complete_inline() noexcept {
    if (scope_ && scope_->stop_arrived()) return cancel_now();
    complete_inline();
    return true;
  }
  /// From here on stop requests reach the waiter, and it may be claimed. False if it was asked to
  /// stop, or was interrupted while it listened: then it must not wait. REQUIRES: the lock of the
  /// primitive is held.
  [[nodiscard]] bool commit() noexcept {
    // relaxed: no other thread knows the waiter yet, and a thread that finds it in the scope or in
    // the primitive's list comes after the unlock.
    if (state_.load(std::memory_order_relaxed) != State::kPreparing) [[unlikely]]
      return move_state(State::kListening, State::kWaiting);
    state_.store(State::kWaiting, std::memory_order_relaxed);
    if (!scope_) return true;
    listens_ = true;
    return scope_->add_unless_stopped(*this) || cancel_now();
  }

  /// Ends the wait: after this the caller hands over what the waiter waits for, and calls wake().
  /// Returns false if the wait has ended already. Any thread.
  [[nodiscard]] bool claim() noexcept { return move_state(State::kWaiting, State::kServed); }
  /// Whether the waiter may be claimed. If not, that does not change any more, unless the waiter
  /// has yet to commit; if so, it may change at any time.
  [[nodiscard]] bool waits() const noexcept {
    return state_.load(std::memory_order_relaxed) == State::kWaiting;
  }
  /// Posts the waiter to its own scheduler. REQUIRES: the caller has claimed it. The waiter may be
  /// destroyed when this returns.
  void wake() noexcept { poster_->post(*this); }

  /// After the wait: leaves the stop scope, and returns what ended the wait. REQUIRES: the caller
  /// holds no lock that a stop callback may take.
  State finish() noexcept {
    // acquire: claim/finish.
    const State state = state_.load(std::memory_order_acquire);
    if (state == State::kCancelled) [[unlikely]]
      internal::call_slow_path([](Waiter* waiter) noexcept { waiter->notice_stop(); }, this);
    if (listens_) leave_scope();
    return state;
  }

  /// REQUIRES: the waiter was prepared for a coroutine.
  [[nodiscard]] Scheduler& scheduler() const noexcept { return static_cast<Scheduler&>(*poster_); }
  /// The scope whose stop requests reach the waiter; null if it ignores them.
  [[nodiscard]] StopScope* scope() const noexcept { return scope_; }

 protected:
  /// Ends the wait with state `why` and wakes the waiter, or keeps it from waiting if it only
  /// listens. False if the wait has ended already, or the waiter does not listen yet. Any thread.
  bool interrupt(State why) noexcept;

 private:
  bool move_state(State expected, State next) noexcept {
    // acq_rel: commit/claim and claim/finish. Whichever end the caller is at, it publishes what it
    // did and sees what the other thread did. relaxed: after a commit() that fails, finish() is the
    // waiter's end of claim/finish.
    return state_.compare_exchange_strong(expected, next, std::memory_order_acq_rel,
                                          std::memory_order_relaxed);
  }
  static std::coroutine_handle<> resume(Job& job) noexcept;
  static void stop(StopNode& node) noexcept;
  void prepare_outside(std::coroutine_handle<> awaiting, internal::TaskContext* context);
  void prepare_in(StopScope& scope) noexcept {
    scope_ = &scope;
    scope.attach();
  }
  /// The waiter was asked to stop before another thread knew it. Returns false.
  bool cancel_now() noexcept {
    state_.store(State::kCancelled, std::memory_order_relaxed);
    return false;
  }
  void notice_stop() noexcept {
    // Not before this: a waiter that was served after the request did not notice the request.
    if (scope_) scope_->notice();
  }
  void leave_scope() noexcept {
    scope_->remove(*this);
    listens_ = false;
  }

  std::coroutine_handle<> awaiting_;
  Poster* poster_ = nullptr;
  // The scope whose stop requests reach the waiter; null if it ignores them.
  StopScope* scope_ = nullptr;
  std::atomic<State> state_{State::kPreparing};
  // The waiter is in the list of scope_, unless the scope was asked to stop.
  bool listens_ = false;
};

/// A waiter with a timeout.
class [[gnu::visibility("default")]] TimedWaiter : public Waiter, private Timer {
 public:
  TimedWaiter() noexcept : Timer{&TimedWaiter::fire} {}
  /// `on_wake` is what a waiter does, on its own scheduler, instead of resuming its coroutine.
  explicit TimedWaiter(Job::Function on_wake) noexcept
      : Waiter{on_wake}, Timer{&TimedWaiter::fire} {}
  ~TimedWaiter() { TimerHeap::disarm(*this); }

  /// Between `prepare()` and `commit()`: listens, and ends the wait with `kTimedOut` once `timeout`
  /// has passed. Does nothing if `timeout` is forever.
  void arm(Timeout timeout) noexcept {
    if (!timeout.is_forever()) arm_timer(timeout);
  }
  /// As `Waiter::finish()`.
  State finish() noexcept {
    TimerHeap::disarm(*this);
    return Waiter::finish();
  }

 private:
  void arm_timer(Timeout timeout) noexcept;
  static void fire(Timer& timer) noexcept;
};

}  // namespace mtaio::lowlevel
