/// A spawned task as a child of `gather` and `map`.
#pragma once

#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/task.hpp>

#include <coroutine>
#include <stdexcept>
#include <utility>

namespace mtaio::internal {

/// Awaits a spawned task as a parent awaits a child: a stop request is passed on to the task, and
/// does not end the wait for it.
template <class T>
class JoinedTask : private lowlevel::StopNode {
 public:
  using resumes_at_home = void;

  explicit JoinedTask(TaskParty<T> task) noexcept
      : lowlevel::StopNode{&JoinedTask::stop}, task_{std::move(task)} {}
  JoinedTask(const JoinedTask&) = delete;
  JoinedTask& operator=(const JoinedTask&) = delete;
  ~JoinedTask() { leave_scope(); }

  [[nodiscard]] bool await_ready() const {
    if (!task_) throw std::logic_error{"gather(TaskHandle): the handle was moved from."};
    return task_->done();
  }
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiter_.prepare_unstoppable(awaiting);
    if (TaskContext* context = context_of(awaiting)) {
      scope_ = &context->scope;
      scope_->add(*this);
    }
    return task_->enlist(waiter_);
  }
  T await_resume() {
    // A stop request that the task has not noticed changed nothing.
    if (scope_ && task_->noticed_stop()) scope_->notice();
    leave_scope();
    task_->check_first_take();
    return task_->result().take();
  }

 private:
  static void stop(lowlevel::StopNode& node) noexcept {
    static_cast<JoinedTask&>(node).task_->request_stop_in_turn();
  }
  void leave_scope() noexcept {
    if (lowlevel::StopScope* scope = std::exchange(scope_, nullptr)) scope->remove(*this);
  }

  TaskParty<T> task_;
  /// The scope whose stop requests are passed on; null outside the wait.
  lowlevel::StopScope* scope_ = nullptr;
  lowlevel::Waiter waiter_;
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// The same as a task.
template <class T>
Task<T> join_task(TaskParty<T> task) {
  co_return co_await JoinedTask<T>{std::move(task)};
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace mtaio::internal
