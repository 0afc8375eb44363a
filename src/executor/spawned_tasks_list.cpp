// What only programs with `create_task`, `cancel_all` or `close` need.
#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/executor/spawned_tasks.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/platform/thread_event.hpp>

#include <mutex>
#include <utility>

namespace mtaio::internal {

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
  bool last = false;
  {
    const std::scoped_lock guard{lock_};
    tasks_.erase(task);
    last = tasks_.empty() && !has_executor_;
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
  if (last) delete this;
}

bool SpawnedTasks::drained_up_to(std::uint64_t last) const noexcept {
  return tasks_.empty() || tasks_.front()->number_ > last;
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

}  // namespace mtaio::internal
