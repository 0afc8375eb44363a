/// A task that runs in the background, from `create_task` to its end.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/run.hpp>
#include <mtaio/executor/spawned_task_state.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/task.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <utility>

namespace mtaio::internal {

class SpawnedTasks;

/// A task that `create_task` has started. The running task and its parties own this object
/// together; `SpawnedTaskState` says how. Any of them may be the first to give it up.
// NOLINTNEXTLINE(*-virtual-class-destructor): it deletes itself
class [[gnu::visibility("default")]] SpawnedTask : private TaskRoot,
                                                   private lowlevel::Job,
                                                   public lowlevel::ListNode<SpawnedTask> {
 public:
  SpawnedTask(const SpawnedTask&) = delete;
  SpawnedTask& operator=(const SpawnedTask&) = delete;

  /// Whether the task has ended; then the result is there.
  [[nodiscard]] bool done() const noexcept { return state_.done(); }
  /// Any thread.
  void request_stop() noexcept { context().scope.request_stop(); }
  /// The same, for a caller that is itself being notified of a stop request: a chain of such
  /// notifications, however long, does not grow the stack. REQUIRES: the caller is a party.
  void request_stop_in_turn() noexcept;
  /// Whether the task has noticed a stop request. REQUIRES: the task has ended.
  [[nodiscard]] bool noticed_stop() noexcept { return context().scope.noticed(); }

  /// Begins a wait for the end. Returns false if the task has ended already, or the waiter was
  /// asked to stop.
  bool enlist(lowlevel::Waiter& waiter) noexcept;
  void forget(lowlevel::Waiter& waiter) noexcept;
  /// Called by a party that takes the result. Throws `std::logic_error` if the result was taken
  /// before.
  void check_first_take() {
    if (!state_.take()) [[unlikely]]
      throw_taken_before();
  }

  /// Adds a party. REQUIRES: the caller is one.
  void join() noexcept { state_.join(); }
  /// Removes a party. When the last party leaves, a failure that no party took is reported.
  void leave() noexcept;

 protected:
  SpawnedTask(TaskRoot& creator, SpawnedTasks& siblings) noexcept;
  virtual ~SpawnedTask();

  /// Schedules `frame` to be entered; `ended` is called when it has run to its end. Throws
  /// `std::logic_error` if the executor was closed: then this object has been deleted.
  void start(std::coroutine_handle<> frame, PromiseBase& promise, PromiseBase::Completed ended);
  /// The frame has run to its end.
  void end(bool failed) noexcept;

 private:
  friend class SpawnedTasks;

  /// What the task threw; null if it threw nothing. REQUIRES: the task has ended.
  [[nodiscard]] virtual std::exception_ptr error() const noexcept = 0;
  /// Destroys the frame, and with it the result: no party is left to take it.
  virtual void destroy_frame() noexcept = 0;

  static std::coroutine_handle<> enter(lowlevel::Job& job) noexcept;
  void note_whether_stopped() noexcept;
  void report_failure() noexcept;
  void report_unless_taken() noexcept;
  /// The executor was closed after `create_task` had checked that it was open: deletes this object
  /// and throws.
  [[noreturn]] void refuse_to_start();
  [[noreturn]] static void throw_taken_before();

  /// See `SpawnedTaskState::retain()`.
  void retain() noexcept { state_.retain(); }
  void release() noexcept;
  void delete_this() noexcept;

  SpawnedTaskState state_;
  std::coroutine_handle<> entry_;
  /// This task is one of its owners until it has ended.
  SpawnedTasks& siblings_;
  /// The next task that the same thread has to ask to stop.
  SpawnedTask* next_to_stop_ = nullptr;
  /// Whether a thread asks this task to stop, or has asked it; never reset.
  std::atomic<bool> to_stop_{false};
  /// The task ended with a `CancelledError` because it was asked to stop. Written before the state
  /// says that it has ended.
  bool stopped_ = false;
  /// The position in the order of creation, from 1. Guarded by the lock of `SpawnedTasks`.
  std::uint64_t number_ = 0;
  /// Guards the list, and the end of the task in `state_`.
  lowlevel::SpinLock lock_;
  lowlevel::WaitList waiters_;
};

/// A spawned task whose result is a `T`.
template <class T>
class SpawnedTaskOf final : public SpawnedTask {
 public:
  /// REQUIRES: `task` is not empty.
  static SpawnedTaskOf& create(Task<T> task, internal::TaskRoot& creator, SpawnedTasks& siblings) {
    auto* spawned = new SpawnedTaskOf{creator, siblings};
    spawned->frame_ = task.release();
    spawned->start(spawned->frame_, spawned->frame_.promise(), &SpawnedTaskOf::ended);
    return *spawned;
  }

  [[nodiscard]] Result<T>& result() noexcept { return frame_.promise().result(); }

 private:
  using SpawnedTask::SpawnedTask;
  ~SpawnedTaskOf() override {
    if (frame_) frame_.destroy();
  }

  static std::coroutine_handle<> ended(PromiseBase& promise) noexcept {
    auto* task = static_cast<SpawnedTask*>(promise.receiver());
    static_cast<SpawnedTaskOf*>(task)->end(
        static_cast<TaskPromise<T>&>(promise).result().has_error());
    return std::noop_coroutine();
  }

  [[nodiscard]] std::exception_ptr error() const noexcept override {
    Result<T>& result = frame_.promise().result();
    return result.has_error() ? result.error() : nullptr;
  }
  void destroy_frame() noexcept override { std::exchange(frame_, {}).destroy(); }

  std::coroutine_handle<TaskPromise<T>> frame_;
};

/// A party to a spawned task; empty after it was moved from.
template <class T>
class TaskParty {
 public:
  /// The first party: `task` counts it from the beginning.
  explicit TaskParty(SpawnedTaskOf<T>& task) noexcept : task_{&task} {}
  TaskParty(const TaskParty& other) noexcept : task_{other.task_} {
    if (task_) task_->join();
  }
  TaskParty(TaskParty&& other) noexcept : task_{std::exchange(other.task_, nullptr)} {}
  TaskParty& operator=(TaskParty other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  ~TaskParty() {
    if (task_) task_->leave();
  }

  [[nodiscard]] explicit operator bool() const noexcept { return task_ != nullptr; }
  SpawnedTaskOf<T>* operator->() const noexcept { return task_; }

 private:
  SpawnedTaskOf<T>* task_;
};

/// The task whose code runs on this thread. Throws `std::logic_error` if there is none.
[[nodiscard, gnu::visibility("default")]] TaskRoot& current_task_root();

}  // namespace mtaio::internal
