#include <mtaio/task_executor.hpp>

namespace mtaio {

TaskExecutor::TaskExecutor() : tasks_{std::make_shared<internal::SpawnedTasks>()} {}

TaskExecutor::TaskExecutor(ThreadPool& thread_pool)
    : tasks_{std::make_shared<internal::SpawnedTasks>()}, thread_pool_{&thread_pool} {}

TaskExecutor::~TaskExecutor() {
  // The tasks run in the parent process, not in this forked child.
  if (tasks_->forked()) return;
  tasks_->close();
  tasks_->request_stop();
  tasks_->wait_blocking();
}

}  // namespace mtaio
