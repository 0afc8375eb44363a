/// Makes a child of a fan-out of an awaitable.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/coro/errors.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/task.hpp>

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// An awaitable that runs already and can be joined: a `TaskHandle`.
template <class A>
concept Joinable = requires(const std::remove_cvref_t<A>& awaitable) {
  { awaitable.joined() } -> std::same_as<Task<await_result_t<A>>>;
};

/// As `to_task`, but joins an awaitable that runs already: the fan-out stops it with the other
/// children, and waits for it.
template <class A>
auto to_child(A&& awaitable) {
  if constexpr (Joinable<A>) {
    return awaitable.joined();
  } else {
    return to_task(std::forward<A>(awaitable));
  }
}

/// Throws `CancelledError` in a task that was asked to stop. Never suspends.
class StopIfAsked {
 public:
  using resumes_at_home = void;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    asked_ = asked_to_stop(context_of(awaiting));
    return false;
  }
  void await_resume() const {
    if (asked_) throw CancelledError{};
  }

 private:
  bool asked_ = false;
};

/// Awaits `task`, unless the child was asked to stop before.
template <class T>
Task<T> unless_stopped(Task<T> task) {
  co_await StopIfAsked{};
  co_return co_await std::move(task);
}

/// As `to_child`, for a fan-out with children that run already: see `JoinOptions`. A child that
/// does not run yet is started even after a stop request, but then does nothing.
template <class A>
auto to_child_among_joined(A&& awaitable) {
  if constexpr (Joinable<A>) {
    return awaitable.joined();
  } else {
    auto task = to_task(std::forward<A>(awaitable));
    if (!task) throw_no_task("co_await gather()");
    return unless_stopped(std::move(task));
  }
}

}  // namespace mtaio::internal
