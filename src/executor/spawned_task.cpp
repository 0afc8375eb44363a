#include <mtaio/executor/spawned_task.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/platform/blocking_handler.hpp>

#include "base/exception_cast.hpp"
#include "base/while_stopping.hpp"

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <string>

namespace mtaio::internal {

namespace {

// Tasks that hold each other's handles go one after the other: no length of the chain grows the
// stack.
thread_local constinit lowlevel::IntrusiveList<SpawnedTask> to_delete;
thread_local constinit bool deleting = false;

// The same for tasks that wait for each other's handles, and are asked to stop one by the other.
thread_local constinit SpawnedTask* to_stop = nullptr;
thread_local constinit bool stopping = false;

}  // namespace

TaskRoot& current_task_root() {
  TaskRoot* root = this_thread().root;
  if (!root) {
    throw std::logic_error{
        "TaskExecutor::create_task: called outside a task, where there is no runtime to run on; "
        "call it in a task, or start "
        "one with mtaio::run()."};
  }
  return *root;
}

// SpawnedTasks

void SpawnedTasks::throw_closed(const char* member) {
  throw std::logic_error{std::string{"TaskExecutor::"} + member +
                         ": the executor was closed; it takes no more work."};
}

void SpawnedTasks::close() noexcept {
  const std::scoped_lock guard{lock_};
  closed_.store(true, std::memory_order_release);
}

bool SpawnedTasks::add(SpawnedTask& task) noexcept {
  const std::scoped_lock guard{lock_};
  if (closed_.load(std::memory_order_relaxed)) return false;
  task.number_ = ++created_;
  tasks_.push_back(task);
  return true;
}

bool SpawnedTasks::drained_up_to(std::uint64_t last) const noexcept {
  return tasks_.empty() || tasks_.front()->number_ > last;
}

bool SpawnedTasks::only_left(const TaskRoot* root) const noexcept {
  const SpawnedTask* first = tasks_.front();
  if (!first) return true;
  return first == tasks_.back() && static_cast<const TaskRoot*>(first) == root;
}

void SpawnedTasks::remove(SpawnedTask& task) noexcept {
  lowlevel::WakeList wake;
  ThreadEvent* destroyed = nullptr;
  {
    const std::scoped_lock guard{lock_};
    tasks_.erase(task);
    for (lowlevel::Waiter* waiter = drains_.front(); waiter;) {
      lowlevel::Waiter* next = lowlevel::IntrusiveList<lowlevel::Waiter>::next(*waiter);
      if (drained_up_to(static_cast<Drain*>(waiter)->last)) {
        drains_.erase(*waiter);
        if (waiter->claim()) wake.add(*waiter);
      }
      waiter = next;
    }
    if (destroyed_ && only_left(destroyer_)) destroyed = std::exchange(destroyed_, nullptr);
  }
  if (destroyed) destroyed->set();
}

std::uint64_t SpawnedTasks::request_stop() noexcept {
  std::uint64_t last = 0;
  {
    const std::scoped_lock guard{lock_};
    last = created_;
  }
  // One after the other: stopping one runs its callbacks, so not under the lock, and then the list
  // is another one.
  SpawnedTask* task = nullptr;
  for (std::uint64_t done = 0;;) {
    SpawnedTask* before = task;  // kept, so that the walk goes on where it was
    {
      const std::scoped_lock guard{lock_};
      if (before && static_cast<lowlevel::ListNode<SpawnedTask>&>(*before).linked()) {
        task = lowlevel::IntrusiveList<SpawnedTask>::next(*before);
      } else {
        task = tasks_.front();
        while (task && task->number_ <= done)
          task = lowlevel::IntrusiveList<SpawnedTask>::next(*task);
      }
      if (task && task->number_ > last) task = nullptr;
      if (task) {
        done = task->number_;
        task->hold();
      }
    }
    if (before) before->release();
    if (!task) return last;
    task->request_stop();
  }
}

bool SpawnedTasks::drained(std::uint64_t last) noexcept {
  const std::scoped_lock guard{lock_};
  return drained_up_to(last);
}

bool SpawnedTasks::wait(Drain& drain) noexcept {
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
  if (static_cast<lowlevel::ListNode<lowlevel::Waiter>&>(drain).linked()) drains_.erase(drain);
}

void SpawnedTasks::wait_blocking() noexcept {
  const TaskRoot* root = this_thread().root;
  ThreadEvent all_ended;
  {
    const std::scoped_lock guard{lock_};
    if (only_left(root)) return;
    destroyer_ = root;
    destroyed_ = &all_ended;
  }
  block_until(all_ended);
}

// SpawnedTask

SpawnedTask::SpawnedTask(TaskRoot& creator, std::shared_ptr<SpawnedTasks> siblings) noexcept
    : TaskRoot{creator.run()},
      lowlevel::Job{&SpawnedTask::enter, static_cast<TaskRoot*>(this)},
      siblings_{std::move(siblings)} {}

SpawnedTask::~SpawnedTask() = default;

void SpawnedTask::start(std::coroutine_handle<> frame, PromiseBase& promise,
                        PromiseBase::Completed ended) {
  entry_ = frame;
  promise.set_completion(ended, this, 0, &context());
  TaskRoot::run().retain();
  if (!siblings_->add(*this)) {
    const std::shared_ptr<SpawnedTasks> siblings = siblings_;
    internal::Run& of = TaskRoot::run();
    delete this;
    of.release();
    siblings->check_open("create_task");
    return;
  }
  scheduler().post(*this);
}

std::coroutine_handle<> SpawnedTask::enter(lowlevel::Job& job) noexcept {
  return static_cast<SpawnedTask&>(job).entry_;
}

void SpawnedTask::request_stop_in_turn() noexcept {
  if (to_stop_.exchange(true, std::memory_order_relaxed)) return;
  hold();
  next_to_stop_ = std::exchange(to_stop, this);
  if (stopping) return;
  stopping = true;
  while (SpawnedTask* task = to_stop) {
    to_stop = task->next_to_stop_;
    task->request_stop();
    task->release();
  }
  stopping = false;
}

/// Once it is done the scopes above may go at any moment: what report() has to know is noted
/// before.
[[gnu::cold, gnu::noinline]] void SpawnedTask::note_why_it_failed() noexcept {
  stopped_ =
      exception_cast<CancelledError>(error()) != nullptr && context().scope.stop_requested_nearby();
}

void SpawnedTask::end(bool failed) noexcept {
  lowlevel::WakeList wake;
  if (failed) [[unlikely]]
    note_why_it_failed();
  std::uint64_t before = 0;
  {
    const std::scoped_lock guard{lock_};
    // E1. release: the result, to those who find it done; acquire: what the last party did.
    before = state_.fetch_or(kDone, std::memory_order_acq_rel);
    wake.claim_all(waiters_);
  }
  if (before < kParty) {
    report();
    drop_frame();
  }
  // From here on nobody waits in its scope any more. The handle, which keeps it, may outlive the
  // run.
  context().scope.close();
  internal::Run& of = TaskRoot::run();
  siblings_->remove(*this);
  wake.wake_all();
  release();
  of.release();
}

bool SpawnedTask::wait(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  if (done()) {
    waiter.complete_inline();
    return false;
  }
  if (!waiter.commit()) return false;
  waiters_.add(waiter);
  return true;
}

void SpawnedTask::forget(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  waiters_.forget(waiter);
}

void SpawnedTask::throw_taken_before() {
  throw std::logic_error{
      "co_await TaskHandle: its result was taken before; a task is awaited once."};
}

void SpawnedTask::leave() noexcept {
  // acquire: E1, and everything that the others did with it comes before it is deleted.
  std::uint64_t state = state_.load(std::memory_order_acquire);
  while ((state & ~kTaken) != (kParty | kDone)) {
    if (state < 2 * kParty && (state & kDone) != 0) {
      leave_as_last(state);
      return;
    }
    // release: E1, what this party did with it.
    if (state_.compare_exchange_weak(state, state - kParty, std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
      return;
    }
  }
  if (!(state & kTaken)) report();  // nobody else is left to change it
  delete_this();
}

/// The task has ended, but it still has keepers. Only they can change the state now.
void SpawnedTask::leave_as_last(std::uint64_t state) noexcept {
  if (!(state & kTaken)) report();
  drop_frame();
  // acq_rel: as in release().
  const std::uint64_t before = state_.fetch_sub(kParty, std::memory_order_acq_rel);
  if ((before & ~kTaken) == (kParty | kDone)) delete_this();
}

void SpawnedTask::release() noexcept {
  // acq_rel: E1, and whoever deletes it comes after everything that the others did with it.
  const std::uint64_t before = state_.fetch_sub(kKeeper, std::memory_order_acq_rel);
  if ((before & ~(kDone | kTaken)) == kKeeper) delete_this();
}

void SpawnedTask::delete_this() noexcept {
  to_delete.push_back(*this);
  if (deleting) return;
  deleting = true;
  while (SpawnedTask* task = to_delete.pop_front()) delete task;
  deleting = false;
}

void SpawnedTask::report() noexcept {
  std::exception_ptr failure = error();
  if (!failure) return;
  const auto* cancelled = exception_cast<CancelledError>(failure);
  if (cancelled && stopped_) {  // it was asked to, and so it did
    failure = nested_in_cancelled(failure);
    if (!failure) return;
    cancelled = nullptr;
  }
  const auto* thrown = exception_cast<std::exception>(failure);
  const char* what = thrown ? thrown->what() : "an exception that is not a std::exception";
  std::fprintf(stderr, "mtaio: a task started with create_task failed, and nobody awaited it: %s\n",
               cancelled ? cancelled->what() : what);
}

}  // namespace mtaio::internal
