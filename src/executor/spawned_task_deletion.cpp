// A file of its own: every executor needs this, and few programs create tasks.
#include <mtaio/executor/spawned_task.hpp>

namespace mtaio::internal {
namespace {

// The result of a task may be the handle of another task. This thread deletes the tasks of such a
// chain one after the other, so that a long chain does not grow the stack.
thread_local constinit lowlevel::IntrusiveList<SpawnedTask> to_delete;
thread_local constinit bool deleting = false;

}  // namespace

void SpawnedTask::release() noexcept {
  if (state_.release()) delete_this();
}

void SpawnedTask::delete_this() noexcept {
  to_delete.push_back(*this);
  if (deleting) return;
  deleting = true;
  while (SpawnedTask* task = to_delete.pop_front()) delete task;
  deleting = false;
}

}  // namespace mtaio::internal
