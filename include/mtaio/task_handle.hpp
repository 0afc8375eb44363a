/// A task that runs in the background.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/executor/joined_task.hpp>
#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/task.hpp>

#include <stdexcept>
#include <utility>

namespace mtaio {

class TaskExecutor;

namespace internal {

/// The wait for a spawned task and its result. It keeps the task itself, so the handle may be
/// destroyed or assigned to during the wait.
template <class T>
class AwaitedTask {
 public:
  explicit AwaitedTask(TaskParty<T> task) noexcept : task_{std::move(task)} {}

  bool ready() {
    if (!task_) throw std::logic_error{"co_await TaskHandle: the handle was moved from."};
    return task_->done();
  }
  bool enlist(lowlevel::Waiter& waiter) noexcept { return task_->enlist(waiter); }
  void forget(lowlevel::Waiter& waiter) noexcept { task_->forget(waiter); }
  T result() {
    task_->check_first_take();
    return task_->result().take();
  }

 private:
  TaskParty<T> task_;
};

}  // namespace internal

/// What `TaskExecutor::create_task` returns. The task runs whether the handle is kept or not.
/// Move-only. From docs/task_handle.md:
///
///     mtaio::TaskHandle<int> handle = executor.create_task(compute());
///     std::cout << "other work meanwhile\n";
///     std::cout << co_await handle << '\n';
///
/// Awaiting the handle returns the task's result, or throws what the task threw, unchanged. The
/// result can be taken once; after that, awaiting throws `std::logic_error`. The handle may be
/// destroyed or assigned to while a task awaits it: that task still gets the result. If no task
/// takes a failure, it is reported on standard error when the handle and all its awaiters have been
/// destroyed.
///
/// In a `gather` or `map` the task is a child like any other: if the call fails, is cancelled or
/// times out, it asks the task to stop and waits for it.
///
/// Suspends:  until the task has ended.
/// Resumes:   on the awaiting task's own scheduler.
/// Cancelled: throws CancelledError; the task itself continues (see `request_stop`).
/// Threads:   any, one at a time.
/// Lifetime:  the handle may outlive the executor and the runtime.
template <class T>
class [[nodiscard]] TaskHandle {
 public:
  using Awaiter = lowlevel::WaitAwaiter<internal::AwaitedTask<T>>;

  TaskHandle(TaskHandle&&) noexcept = default;
  TaskHandle& operator=(TaskHandle&&) noexcept = default;
  ~TaskHandle() = default;

  Awaiter operator co_await() const { return Awaiter{internal::AwaitedTask<T>{task_}}; }
  /// A task that passes stop requests on to this one and returns its result: for `gather` and
  /// `map`, and for `lowlevel` code.
  [[nodiscard]] Task<T> joined() const { return internal::join_task(task_); }

  /// Whether the task has ended. Any thread.
  [[nodiscard]] bool done() const noexcept { return !task_ || task_->done(); }
  /// Asks the task to stop. Any thread.
  void request_stop() noexcept {
    if (task_) task_->request_stop();
  }

 private:
  friend class TaskExecutor;
  explicit TaskHandle(internal::SpawnedTaskOf<T>& task) noexcept : task_{task} {}

  internal::TaskParty<T> task_;
};

}  // namespace mtaio
