#include <mtaio/task_executor.hpp>

namespace mtaio {

TaskExecutor::TaskExecutor() : tasks_{new internal::SpawnedTasks} {}

TaskExecutor::TaskExecutor(ThreadPool& thread_pool)
    : tasks_{new internal::SpawnedTasks}, thread_pool_{&thread_pool} {}

TaskExecutor::~TaskExecutor() {
  // The tasks run in the parent process, not in this forked child.
  if (!tasks_->forked()) {
    tasks_->close();
    tasks_->request_stop();
    tasks_->wait_blocking();
  }
  tasks_->leave();
}

}  // namespace mtaio
