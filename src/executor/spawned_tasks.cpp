#include <mtaio/executor/spawned_tasks.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/platform/blocking_handler.hpp>

#include "base/text.hpp"

#include <mutex>
#include <stdexcept>

namespace mtaio::internal {

void SpawnedTasks::throw_closed(const char* member) {
  throw std::logic_error{
      text({"TaskExecutor::", member, ": the executor was closed; it takes no more work."})};
}

void SpawnedTasks::leave() noexcept {
  bool last = false;
  if (forked()) {
    // The lock may be held forever, and no other thread of the child uses the list.
    last = tasks_.empty();
  } else {
    const std::scoped_lock guard{lock_};
    has_executor_ = false;
    last = tasks_.empty();
  }
  if (last) delete this;
}

void SpawnedTasks::close() noexcept {
  const std::scoped_lock guard{lock_};
  // release: close/check.
  closed_.store(true, std::memory_order_release);
}

bool SpawnedTasks::only_left(const TaskRoot* root) const noexcept {
  const SpawnedTask* first = tasks_.front();
  if (!first) return true;
  return first == tasks_.back() && static_cast<const TaskRoot*>(first) == root;
}

std::uint64_t SpawnedTasks::youngest() noexcept {
  const std::scoped_lock guard{lock_};
  return spawned_;
}

SpawnedTask* SpawnedTasks::retain_next(SpawnedTask* previous, std::uint64_t last) noexcept {
  const std::scoped_lock guard{lock_};
  SpawnedTask* task = tasks_.front();
  if (previous && Tasks::linked(*previous)) {
    task = Tasks::next(*previous);
  } else if (previous) {
    while (task && task->number_ <= previous->number_) task = Tasks::next(*task);
  }
  if (!task || task->number_ > last) return nullptr;
  task->retain();
  return task;
}

std::uint64_t SpawnedTasks::request_stop() noexcept {
  const std::uint64_t last = youngest();
  SpawnedTask* task = retain_next(nullptr, last);
  while (task) {
    // The lock is not held here, because this runs stop callbacks, which may change the list.
    task->request_stop();
    SpawnedTask* next = retain_next(task, last);
    task->release();
    task = next;
  }
  return last;
}

bool SpawnedTasks::run_here() noexcept {
  const TaskRoot* root = this_thread().root();
  const std::scoped_lock guard{lock_};
  for (SpawnedTask* task = tasks_.front(); task; task = Tasks::next(*task)) {
    if (static_cast<const TaskRoot*>(task) == root) return true;
  }
  return false;
}

void SpawnedTasks::wait_blocking() noexcept {
  const TaskRoot* root = this_thread().root();
  ThreadEvent all_ended;
  {
    const std::scoped_lock guard{lock_};
    if (only_left(root)) return;
    destroyer_ = root;
    all_ended_ = &all_ended;
  }
  block_until(all_ended);
}

}  // namespace mtaio::internal
