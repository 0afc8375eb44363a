#include <mtaio/executor/spawned_tasks.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/platform/blocking_handler.hpp>

#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace mtaio::internal {

void SpawnedTasks::throw_closed(const char* member) {
  throw std::logic_error{std::string{"TaskExecutor::"} + member +
                         ": the executor was closed; it takes no more work."};
}

void SpawnedTasks::close() noexcept {
  const std::scoped_lock guard{lock_};
  // release: close/check.
  closed_.store(true, std::memory_order_release);
}

bool SpawnedTasks::add(SpawnedTask& task) noexcept {
  const std::scoped_lock guard{lock_};
  if (closed_.load(std::memory_order_relaxed)) return false;
  task.number_ = ++spawned_;
  tasks_.push_back(task);
  return true;
}

void SpawnedTasks::remove(SpawnedTask& task) noexcept {
  lowlevel::WakeList wake;
  ThreadEvent* all_ended = nullptr;
  {
    const std::scoped_lock guard{lock_};
    tasks_.erase(task);
    for (lowlevel::Waiter* waiter = drains_.front(); waiter;) {
      lowlevel::Waiter* next = Drains::next(*waiter);
      if (drained_up_to(static_cast<Drain*>(waiter)->last)) {
        drains_.erase(*waiter);
        if (waiter->claim()) wake.add(*waiter);
      }
      waiter = next;
    }
    if (all_ended_ && only_left(destroyer_)) all_ended = std::exchange(all_ended_, nullptr);
  }
  if (all_ended) all_ended->set();
}

bool SpawnedTasks::drained_up_to(std::uint64_t last) const noexcept {
  return tasks_.empty() || tasks_.front()->number_ > last;
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

bool SpawnedTasks::drained(std::uint64_t last) noexcept {
  const std::scoped_lock guard{lock_};
  return drained_up_to(last);
}

bool SpawnedTasks::enlist(Drain& drain) noexcept {
  const std::scoped_lock guard{lock_};
  if (drained_up_to(drain.last)) {
    drain.complete_inline();
    return false;
  }
  if (!drain.commit()) return false;
  drains_.push_back(drain);
  return true;
}

void SpawnedTasks::forget(Drain& drain) noexcept {
  const std::scoped_lock guard{lock_};
  if (Drains::linked(drain)) drains_.erase(drain);
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
