#include <mtaio/executor/owned_tasks.hpp>

namespace mtaio::internal {

OwnedTasks::OwnedTasks() : tasks_{new SpawnedTasks} {}

OwnedTasks::~OwnedTasks() {
  // The tasks run in the parent process, not in this forked child.
  if (!tasks_->forked()) {
    tasks_->close();
    tasks_->request_stop();
    tasks_->wait_blocking();
  }
  tasks_->leave();
}

}  // namespace mtaio::internal
