/// A C++ task that a Python coroutine awaits.
#pragma once

#include <mtaio/python/convert.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/external_call.hpp>
#include <mtaio/python/python_error.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/with_stop_token.hpp>

#include <exception>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace mtaio::python {

/// Shared by the awaitable, which Python may drop at any time, and the task, which runs on a worker
/// of C++ and never takes the GIL.
class TaskCall : public ExternalCall {
 public:
  /// Starts the task, which comes back to `loop`. Once, with the GIL. False with an exception set.
  bool start(EventLoop& loop, PyObject* owner);
  void request_stop() noexcept { stop_.request_stop(); }
  /// The result: a new reference, or null with an exception set.
  [[nodiscard]] PyObject* take() noexcept;
  /// The awaitable is being destroyed; the task is asked to stop if it runs.
  void abandon() noexcept;

  /// On a worker: creates the C++ task.
  virtual void launch(TaskExecutor& executor) = 0;

 protected:
  [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }
  void failed(std::exception_ptr error) noexcept { error_ = std::move(error); }
  /// The task has ended. This may destroy the call.
  void ended() noexcept { come_back(); }

 private:
  [[nodiscard]] virtual PyObject* convert() = 0;

  std::stop_source stop_;
  std::exception_ptr error_;
};

template <class T>
class TaskCallOf final : public TaskCall {
 public:
  explicit TaskCallOf(Task<T> task) noexcept : task_{std::move(task)} {}

  void launch(TaskExecutor& executor) override {
    // The handle is not needed: run_task() throws nothing.
    (void)executor.create_task(run_task(*this));
  }

 private:
  using Value = std::conditional_t<std::is_void_v<T>, bool, T>;

  static Task<void> run_task(TaskCallOf& self) {
    try {
      auto task = with_stop_token(self.stop_token(), std::move(self.task_));
      if constexpr (std::is_void_v<T>) {
        co_await std::move(task);
      } else {
        self.value_.emplace(co_await std::move(task));
      }
    } catch (...) {
      self.failed(std::current_exception());
    }
    self.ended();
  }

  PyObject* convert() override {
    if constexpr (std::is_void_v<T>) {
      Py_RETURN_NONE;
    } else {
      return Convert<T>::to_python(std::move(*value_));
    }
  }

  Task<T> task_;
  std::optional<Value> value_;
};

/// The awaitable of a call, which it takes over. Null with an exception set. With the GIL.
[[nodiscard]] PyObject* new_task_operation(TaskCall* call, const char* name);

/// `task` as an awaitable of Python, to be awaited once, in any event loop. Cancelling it asks the
/// task to stop and waits for it. With the GIL.
template <class T>
[[nodiscard]] PyObject* to_awaitable(Task<T> task, const char* name = "Task") {
  return new_task_operation(new TaskCallOf<T>{std::move(task)}, name);
}

}  // namespace mtaio::python
