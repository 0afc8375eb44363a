/// A coroutine that runs when it is awaited.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/coro/foreign_await.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/result.hpp>

#include <concepts>
#include <coroutine>
#include <stdexcept>
#include <utility>

namespace mtaio {

template <class T>
class Task;

namespace internal {

template <class T>
class TaskPromise : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  void unhandled_exception() noexcept { keep_current_exception(result_); }
  // A coroutine may flow off its end, and g++ does not warn of that. The behaviour is undefined,
  // but the compilers call this function. After a co_return they know that the result is not empty,
  // and drop the check.
  [[nodiscard]] FinalAwaiter final_suspend() noexcept {
    if (result_.empty()) [[unlikely]]
      keep_no_result_error(result_);
    return {};
  }

  template <class Value = T>
    requires std::constructible_from<T, Value>
  void return_value(Value&& value) {
    result_.emplace(std::forward<Value>(value));
  }

  [[nodiscard]] Result<T>& result() noexcept { return result_; }

 private:
  Result<T> result_;
};

template <class T>
class TaskPromise<T&> : public PromiseBase {
 public:
  Task<T&> get_return_object() noexcept;
  void unhandled_exception() noexcept { keep_current_exception(result_); }
  [[nodiscard]] FinalAwaiter final_suspend() noexcept {
    if (result_.empty()) [[unlikely]]
      keep_no_result_error(result_);
    return {};
  }
  void return_value(T& value) noexcept { result_.emplace(value); }

  [[nodiscard]] Result<T&>& result() noexcept { return result_; }

 private:
  Result<T&> result_;
};

template <>
class TaskPromise<void> : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void unhandled_exception() noexcept { keep_current_exception(result_); }
  void return_void() noexcept { result_.emplace(); }

  [[nodiscard]] Result<void>& result() noexcept { return result_; }

 private:
  Result<void> result_;
};

}  // namespace internal

/// The future result of a coroutine. Lazy: the coroutine starts when the task is awaited, and a
/// task that is never awaited never runs. Move-only; awaited once. `T` may be void, a reference or
/// move-only.
///
/// From docs/task.md:
///
///     mtaio::Task<int> answer() { co_return 42; }
///
///     mtaio::Task<void> ask() { std::cout << co_await answer() << '\n'; }
///
/// Awaiting a task returns its result, or throws the exception that left the coroutine. It throws
/// `std::logic_error` if the task was awaited before or moved from, or if the coroutine ended
/// without co_return.
///
/// Suspends:  until the task has ended.
/// Resumes:   where the task ended, on the same scheduler.
/// Cancelled: passes the stop request on to the task and waits for its end.
/// Threads:   one.
/// Lifetime:  the awaiting expression owns the task. Arguments that the coroutine takes by
///            reference must outlive it (docs/lifetimes.md).
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::TaskPromise<T>;
  using value_type = T;

  class Awaiter;

  /// An empty task; the only valid operation is assignment.
  Task() = default;
  Task(Task&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  Awaiter operator co_await() { return Awaiter{std::move(*this)}; }

  /// Whether there is a task to await.
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

  /// The frame, still owned by the task. For schedulers and fan-outs.
  [[nodiscard]] std::coroutine_handle<promise_type> frame() const noexcept { return frame_; }
  /// Gives up the frame to the caller, which enters and destroys it. For schedulers and fan-outs.
  [[nodiscard]] std::coroutine_handle<promise_type> release() noexcept {
    return std::exchange(frame_, {});
  }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}

  std::coroutine_handle<promise_type> frame_;
};

/// Owns the task while it runs.
template <class T>
class Task<T>::Awaiter {
 public:
  using resumes_at_home = void;

  explicit Awaiter(Task&& task) noexcept : task_{std::move(task)} {}

  [[nodiscard]] bool await_ready() const {
    if (!task_.frame_) {
      throw std::logic_error{
          "co_await Task: there is no task; it was awaited before, or moved from."};
    }
    return false;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    task_.frame_.promise().set_continuation(awaiting, internal::context_of(awaiting));
    return internal::transfer_to(task_.frame_);
  }
  T await_resume() { return task_.frame_.promise().result().take(); }

 private:
  Task task_;
};

namespace internal {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>{frame_of(*this)};
}
template <class T>
Task<T&> TaskPromise<T&>::get_return_object() noexcept {
  return Task<T&>{frame_of(*this)};
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>{frame_of(*this)};
}

// Results whose types are in anonymous namespaces are allowed.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// A task that awaits any awaitable. Lvalues are awaited in place.
template <Awaitable A>
Task<await_result_t<A>> as_task(A awaitable) {
  co_return co_await std::forward<A>(awaitable);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<Task<T>> = true;

/// Moves a task out of the argument; makes a task of any other awaitable, which awaits it. An
/// lvalue that is not a task is awaited in place.
template <class A>
auto to_task(A&& awaitable) {
  if constexpr (kIsTask<std::remove_reference_t<A>>) {
    return std::move(awaitable);  // NOLINT(bugprone-move-forwarding-reference)
  } else {
    return as_task<A>(std::forward<A>(awaitable));
  }
}

}  // namespace internal

}  // namespace mtaio
