/// A task with a time limit.
#pragma once

#include <mtaio/coro/errors.hpp>
#include <mtaio/task.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/timeout/timed_context.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace mtaio::internal {

/// Awaits a task for a limited time. The base of `TaskExecutor::run`'s awaiter, which wraps the
/// exceptions of the task.
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
  /// Whether the timeout is zero or less, so that the task never starts.
  [[nodiscard]] bool is_too_late() const noexcept { return timeout_ && timeout_->is_now(); }
  /// Whether the task has returned a value in time. If not, the caller must call
  /// `throw_if_cut_off()`.
  [[nodiscard]] bool succeeded() noexcept {
    if (!frame_ || result().has_error()) return false;
    if (!context_) return true;
    context_->close();
    return !context_->cut_off();
  }
  /// Throws a `TimeoutError` if the time ran out. If this returns, the result is an error.
  void throw_if_cut_off() {
    if (!frame_) throw_timed_out(*timeout_);
    if (context_) context_->finish(*timeout_, result().has_error() ? result().error() : nullptr);
  }
  [[nodiscard]] Result<T>& result() const noexcept { return frame_.promise().result(); }
  /// The scope that the task runs in; null if no stop request can reach it.
  [[nodiscard]] lowlevel::StopScope* scope() const noexcept {
    TaskContext* context = frame_.promise().context();
    return context ? &context->scope : nullptr;
  }

 private:
  [[noreturn]] void fail() {
    throw_if_cut_off();
    std::rethrow_exception(result().error());
  }

  Task<T> task_;
  std::optional<Timeout> timeout_;
  std::coroutine_handle<TaskPromise<T>> frame_;
  std::optional<TimedContext> context_;
};

// A program may use result types of its unnamed namespaces. GCC warns about each of them here.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// `task` with a time limit, as a task.
template <class T>
Task<T> timed(Task<T> task, Timeout timeout) {
  co_return co_await TimedTask<T>{std::move(task), timeout};
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace mtaio::internal
