#include <mtaio/task_executor.hpp>

#include "base/while_stopping.hpp"

namespace mtaio {

TaskExecutor::TaskExecutor() : tasks_{std::make_shared<internal::SpawnedTasks>()} {}

TaskExecutor::TaskExecutor(ThreadPool& thread_pool)
    : tasks_{std::make_shared<internal::SpawnedTasks>()}, thread_pool_{&thread_pool} {}

TaskExecutor::~TaskExecutor() {
  if (tasks_->forked()) return;  // the tasks go on in the parent, not in this child of it
  tasks_->close();
  tasks_->request_stop();
  tasks_->wait_blocking();
}

namespace internal {
namespace {

// Made before it is thrown, so that nothing is left to be destroyed on the way.
ExecutionError execution_error(const std::exception_ptr& error) {
  return ExecutionError{without_wrapping(error)};
}

}  // namespace

void throw_execution_error(lowlevel::StopScope* scope, const std::exception_ptr& error) {
  if (is_cancelled_in(scope, error)) std::rethrow_exception(error);
  throw execution_error(error);
}

bool StopTasks::Awaiter::await_ready() noexcept {
  if (close_) tasks_.close();
  drain_.last = tasks_.request_stop();
  if (!tasks_.drained(drain_.last)) return false;
  drain_.complete_inline();
  return true;
}

void StopTasks::Awaiter::await_resume() {
  if (drain_.finish() == lowlevel::Waiter::State::kServed) return;
  tasks_.forget(drain_);
  throw CancelledError{};
}

}  // namespace internal

}  // namespace mtaio
