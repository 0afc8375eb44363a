/// The awaiters of primitives: what `co_await` needs to wait in a primitive's list.
#pragma once

#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/timeout.hpp>

#include <concepts>
#include <coroutine>

namespace mtaio::lowlevel {

// A primitive (a source of waits) gives these awaiters two members, and may give two more:
//
//     bool enlist(Waiter&) noexcept;  // Under the lock of the primitive: if there is nothing to
//                                     // wait for, calls waiter.complete_inline() and returns
//                                     // false; otherwise returns WaitList::enlist(waiter).
//     void forget(Waiter&) noexcept;  // Under the lock: WaitList::forget(waiter).
//     bool ready();                   // Optional: whether there is nothing to wait for. It saves
//                                     // the preparation of a waiter that enlist() would not
//                                     // suspend.
//     T result();                     // Optional: what the co_await returns after the wait.
//
// `Source` is `Primitive&`, or a small object that refers to the primitive and is kept by value.
// `enlist` and `forget` are noexcept: an exception would leave the waiter in the primitive's list
// or in a stop scope. An exception that `ready` or `result` throws is thrown by the `co_await`.

/// Throws `CancelledError`. Out of line, so that awaiters stay small.
[[noreturn, gnu::visibility("default")]] void throw_cancelled();

/// The last step of a wait: returns whether the waiter was served, and false if its timer fired.
/// Throws `CancelledError` if it was asked to stop.
template <class Source, std::derived_from<Waiter> SourceWaiter>
bool end_wait(Source& source, SourceWaiter& waiter) {
  const Waiter::State state = waiter.finish();
  if (state == Waiter::State::kServed) return true;
  source.forget(waiter);
  if (state == Waiter::State::kCancelled) throw_cancelled();
  return false;
}

/// Awaits a source once. `SourceWaiter` is the type that `enlist()` and `forget()` take: a type
/// derived from `Waiter` for a primitive that keeps more about a waiter.
template <class Source, std::derived_from<Waiter> SourceWaiter = Waiter>
class [[nodiscard]] WaitAwaiter {
 public:
  using resumes_at_home = void;

  explicit WaitAwaiter(Source source) : source_(static_cast<Source&&>(source)) {}

  [[nodiscard]] bool await_ready() {
    if constexpr (requires { source_.ready(); }) {
      if (!source_.ready()) return false;
      waiter_.complete_inline();
      return true;
    } else {
      return false;
    }
  }

  // Not inlined: once enlist() has released the lock, the coroutine may run on another thread and
  // destroy this awaiter; a compiler that inlines this into the coroutine may still write to it.
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    static_assert(noexcept(source_.enlist(waiter_)) && noexcept(source_.forget(waiter_)));
    waiter_.prepare(awaiting);
    return source_.enlist(waiter_);
  }

  decltype(auto) await_resume() {
    (void)end_wait(source_, waiter_);
    if constexpr (requires { source_.result(); }) return source_.result();
  }

 private:
  Source source_;
  SourceWaiter waiter_;
};

/// Awaits a source once, for at most `timeout` from the `co_await`. Returns whether the waiter was
/// served in time. A timeout of zero only asks `ready()`, which the source must have.
template <class Source>
class [[nodiscard, gnu::visibility("default")]] TimedWaitAwaiter {
 public:
  using resumes_at_home = void;

  TimedWaitAwaiter(Source source, Timeout timeout)
      : source_(static_cast<Source&&>(source)), timeout_{timeout} {}

  [[nodiscard]] bool await_ready() {
    ready_ = source_.ready();
    return ready_ || timeout_.is_now();
  }

  // Not inlined: see WaitAwaiter::await_suspend().
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    static_assert(noexcept(source_.enlist(waiter_)) && noexcept(source_.forget(waiter_)));
    waiter_.prepare(awaiting);
    waiter_.arm(timeout_);
    return source_.enlist(waiter_);
  }

  bool await_resume() {
    if (ready_ || timeout_.is_now()) return ready_;
    return end_wait(source_, waiter_);
  }

 private:
  Source source_;
  Timeout timeout_;
  bool ready_ = false;
  TimedWaiter waiter_;
};

/// What the `wait()` of a primitive returns. May be awaited again.
template <class Source, std::derived_from<Waiter> SourceWaiter = Waiter>
class [[nodiscard]] WaitOperation {
 public:
  using Awaiter = WaitAwaiter<Source, SourceWaiter>;

  explicit WaitOperation(Source source) : source_(static_cast<Source&&>(source)) {}

  Awaiter operator co_await() const { return Awaiter{source_}; }

 private:
  Source source_;
};

}  // namespace mtaio::lowlevel
