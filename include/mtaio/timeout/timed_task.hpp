/// A task with a time limit.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/task.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/timeout/timed_context.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace mtaio::internal {

/// Whether this is a `CancelledError`.
[[nodiscard, gnu::visibility("default")]] bool is_cancelled(
    const std::exception_ptr& error) noexcept;

/// Whether this is a `CancelledError`, and `scope` or one above it was asked to stop: that is
/// noticed then. One that nobody asked for is a failure like others.
[[nodiscard, gnu::cold, gnu::visibility("default")]] bool is_cancelled_in(
    lowlevel::StopScope* scope, const std::exception_ptr& error) noexcept;
/// What went wrong while a task was being stopped that ended with `error`: null if that is a plain
/// `CancelledError`.
[[nodiscard, gnu::cold, gnu::visibility("default")]] std::exception_ptr while_stopping(
    const std::exception_ptr& error) noexcept;

/// `while_stopping` is nested in the `TimeoutError`, unless it is null.
[[noreturn, gnu::cold, gnu::visibility("default")]] void throw_timed_out(
    Timeout timeout, const std::exception_ptr& while_stopping = nullptr);
[[noreturn, gnu::cold, gnu::visibility("default")]] void throw_no_task(const char* where);

/// Awaits a task for a limited time. The awaiter of `TaskExecutor::run`, which wraps what it
/// throws.
template <class T>
class TimedTask {
 public:
  using resumes_at_home = void;

  TimedTask(Task<T> task, std::optional<Timeout> timeout) noexcept
      : task_{std::move(task)}, timeout_{timeout} {}
  TimedTask(const TimedTask&) = delete;
  TimedTask& operator=(const TimedTask&) = delete;
  ~TimedTask() {
    if (frame_) frame_.destroy();
  }

  [[nodiscard]] bool await_ready() const {
    check_task("co_await Task");
    return is_too_late();
  }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    TaskContext* context = context_of(awaiting);
    if (timeout_) context = &context_.emplace(context, *timeout_);
    frame_ = task_.release();
    frame_.promise().set_continuation(awaiting, context);
    return transfer_to(frame_);
  }

  T await_resume() {
    if (!succeeded()) [[unlikely]]
      fail();
    return result().take_value();
  }

 protected:
  void check_task(const char* where) const {
    if (!task_) throw_no_task(where);
  }
  /// Whether there is no time at all, and the task never starts.
  [[nodiscard]] bool is_too_late() const noexcept { return timeout_ && timeout_->is_now(); }
  /// Whether there is a result, and in time. Otherwise `throw_if_cut_off()` comes next.
  [[nodiscard]] bool succeeded() noexcept {
    if (!frame_ || result().has_error()) return false;
    if (!context_) return true;
    context_->close();
    return !context_->cut_off();
  }
  /// Throws if the time ran out. Otherwise there is an error.
  void throw_if_cut_off() {
    if (!frame_) throw_timed_out(*timeout_);
    if (!context_) return;
    const bool failed = result().has_error();
    // Where it is cancelled because its time is over, that has made a difference.
    if (failed) (void)is_cancelled_in(scope(), result().error());
    context_->close();
    if (!context_->cut_off()) return;
    throw_timed_out(*timeout_, failed ? while_stopping(result().error()) : nullptr);
  }
  [[nodiscard]] Result<T>& result() const noexcept { return frame_.promise().result(); }
  /// Where the task runs; null if nobody can ask it to stop.
  [[nodiscard]] lowlevel::StopScope* scope() const noexcept {
    TaskContext* context = frame_.promise().context();
    return context ? &context->scope : nullptr;
  }

 private:
  [[noreturn, gnu::cold, gnu::noinline]] void fail() {
    throw_if_cut_off();
    rethrow(result().error());
  }

  Task<T> task_;
  std::optional<Timeout> timeout_;
  std::coroutine_handle<TaskPromise<T>> frame_;
  std::optional<TimedContext> context_;
};

// A result type in an unnamed namespace is the program's own affair.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// The same as a task of its own.
template <class T>
Task<T> timed(Task<T> task, Timeout timeout) {
  co_return co_await TimedTask<T>{std::move(task), timeout};
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace mtaio::internal
