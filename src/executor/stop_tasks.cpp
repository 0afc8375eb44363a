#include <mtaio/executor/stop_tasks.hpp>

namespace mtaio::internal {

bool EndOfTasks::ready() noexcept {
  if (close_) tasks_->close();
  last_ = tasks_->request_stop();
  return tasks_->drained(last_);
}

}  // namespace mtaio::internal
