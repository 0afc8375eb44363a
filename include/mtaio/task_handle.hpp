/// A task that is under way.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/created_task.hpp>
#include <mtaio/lowlevel/waiter.hpp>

#include <coroutine>
#include <stdexcept>
#include <utility>

namespace mtaio {

class TaskExecutor;

/// What `TaskExecutor::create_task` returns: the task runs, with the handle or without it.
/// Move-only.
///
///     mtaio::TaskHandle<int> handle = executor.create_task(compute());
///     ...
///     int result = co_await handle;
///
/// Awaiting it gives the task's result, once, or throws what the task threw, as it is;
/// `std::logic_error` the second time. A failure that nobody ever awaits is reported on standard
/// error when the handle goes.
///
/// Suspends:  until the task has ended.
/// Resumes:   on the awaiting task's own scheduler.
/// Cancelled: throws CancelledError; the task itself goes on (see `request_stop`).
/// Threads:   any, one at a time.
/// Lifetime:  may outlive the executor and the runtime.
template <class T>
class [[nodiscard]] TaskHandle {
 public:
  class Awaiter;

  TaskHandle(TaskHandle&& other) noexcept : task_{std::exchange(other.task_, nullptr)} {}
  TaskHandle& operator=(TaskHandle&& other) noexcept {
    TaskHandle old{std::move(*this)};
    task_ = std::exchange(other.task_, nullptr);
    return *this;
  }
  ~TaskHandle() {
    if (task_) task_->abandon();
  }

  Awaiter operator co_await() const { return Awaiter{task_}; }

  /// Whether the task has ended. Any thread.
  [[nodiscard]] bool done() const noexcept { return task_ == nullptr || task_->done(); }
  /// Asks the task to stop. Any thread.
  void request_stop() noexcept {
    if (task_) task_->request_stop();
  }

 private:
  friend class TaskExecutor;
  explicit TaskHandle(lowlevel::CreatedTaskOf<T>& task) noexcept : task_{&task} {}

  lowlevel::CreatedTaskOf<T>* task_;
};

template <class T>
class TaskHandle<T>::Awaiter {
 public:
  explicit Awaiter(lowlevel::CreatedTaskOf<T>* task) noexcept : task_{task} {}

  [[nodiscard]] bool await_ready() {
    if (!task_) throw std::logic_error{"co_await TaskHandle: the handle was moved from."};
    if (!task_->done()) return false;
    waiter_.serve_now();
    return true;
  }
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiter_.prepare(awaiting);
    return task_->wait(waiter_);
  }
  T await_resume() {
    if (waiter_.finish() != lowlevel::Waiter::Wake::kServed) {
      task_->forget(waiter_);
      throw CancelledError{};
    }
    task_->check_first_take();
    return task_->result().take();
  }

 private:
  lowlevel::CreatedTaskOf<T>* task_;
  lowlevel::Waiter waiter_;
};

}  // namespace mtaio
