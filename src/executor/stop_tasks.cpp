#include <mtaio/executor/stop_tasks.hpp>

#include <mtaio/exceptions.hpp>

namespace mtaio::internal {

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

}  // namespace mtaio::internal
