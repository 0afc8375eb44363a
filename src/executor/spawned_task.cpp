#include <mtaio/executor/spawned_task.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/executor/spawned_tasks.hpp>

#include "base/exception_cast.hpp"
#include "base/while_stopping.hpp"

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace mtaio::internal {
namespace {

// Tasks may gather each other's handles: each passes a stop request on to the next. This thread
// asks the tasks of such a chain one after the other, so that a long chain does not grow the stack.
thread_local constinit SpawnedTask* to_stop = nullptr;
thread_local constinit bool stopping = false;

}  // namespace

TaskRoot& current_task_root() {
  TaskRoot* root = this_thread().root();
  if (!root) {
    throw std::logic_error{
        "TaskExecutor::create_task: called outside a task, where there is no runtime to run on; "
        "call it in a task, or start one with mtaio::run()."};
  }
  return *root;
}

SpawnedTask::SpawnedTask(TaskRoot& creator, SpawnedTasks& siblings) noexcept
    : TaskRoot{creator.run()},
      lowlevel::Job{&SpawnedTask::enter, static_cast<TaskRoot*>(this)},
      siblings_{siblings} {}

SpawnedTask::~SpawnedTask() = default;

void SpawnedTask::start(std::coroutine_handle<> frame, PromiseBase& promise,
                        PromiseBase::Completed ended) {
  entry_ = frame;
  promise.set_completion(ended, this, 0, &context());
  TaskRoot::run().retain();
  if (!siblings_.add(*this)) [[unlikely]]
    refuse_to_start();
  scheduler().post(*this);
}

void SpawnedTask::refuse_to_start() {
  internal::Run& run = TaskRoot::run();
  delete this;
  run.release();
  SpawnedTasks::throw_closed("create_task");
}

std::coroutine_handle<> SpawnedTask::enter(lowlevel::Job& job) noexcept {
  return static_cast<SpawnedTask&>(job).entry_;
}

void SpawnedTask::request_stop_in_turn() noexcept {
  if (to_stop_.exchange(true, std::memory_order_relaxed)) return;
  retain();
  next_to_stop_ = std::exchange(to_stop, this);
  if (stopping) return;
  stopping = true;
  while (SpawnedTask* task = to_stop) {
    to_stop = task->next_to_stop_;
    task->request_stop();
    task->release();
  }
  stopping = false;
}

// The scopes above may be destroyed as soon as the state says that the task has ended.
void SpawnedTask::note_whether_stopped() noexcept {
  stopped_ =
      exception_cast<CancelledError>(error()) != nullptr && context().scope.stop_requested_nearby();
}

void SpawnedTask::end(bool failed) noexcept {
  lowlevel::WakeList wake;
  if (failed) [[unlikely]]
    note_whether_stopped();
  bool has_parties = true;
  {
    const std::scoped_lock guard{lock_};
    has_parties = state_.end();
    wake.claim_all(waiters_);
  }
  if (!has_parties) {
    report_failure();
    destroy_frame();
  }
  // Nothing waits in its scope any more. The handle keeps the scope and may outlive the run, whose
  // scope is the parent.
  context().scope.close();
  internal::Run& run = TaskRoot::run();
  siblings_.remove(*this);
  wake.wake_all();
  release();
  run.release();
}

bool SpawnedTask::enlist(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  if (done()) {
    waiter.complete_inline();
    return false;
  }
  return waiters_.enlist(waiter);
}

void SpawnedTask::forget(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  waiters_.forget(waiter);
}

void SpawnedTask::throw_taken_before() {
  throw std::logic_error{"co_await TaskHandle: the result was taken before; it can be taken once."};
}

void SpawnedTask::leave() noexcept {
  switch (state_.leave()) {
    case SpawnedTaskState::Leaving::kNothing:
      return;
    case SpawnedTaskState::Leaving::kDestroyResult:
      report_unless_taken();
      destroy_frame();
      if (state_.leave_last()) delete_this();
      return;
    case SpawnedTaskState::Leaving::kDelete:
      report_unless_taken();
      delete_this();
      return;
  }
}

void SpawnedTask::report_unless_taken() noexcept {
  if (!state_.taken()) report_failure();
}

void SpawnedTask::report_failure() noexcept {
  std::exception_ptr failure = error();
  if (!failure) return;
  const auto* cancelled = exception_cast<CancelledError>(failure);
  if (cancelled && stopped_) {
    // It did as it was asked; only what went wrong on the way is a failure.
    failure = nested_in_cancelled(failure);
    if (!failure) return;
    cancelled = nullptr;
  }
  const auto* thrown = exception_cast<std::exception>(failure);
  const char* what = thrown ? thrown->what() : "an exception not derived from std::exception";
  std::fprintf(stderr,
               "mtaio: a task started with create_task failed, and no task awaited it: %s\n",
               cancelled ? cancelled->what() : what);
}

}  // namespace mtaio::internal
