/// A task that runs on its own, from `create_task` to its end.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/task.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace mtaio::internal {

class SpawnedTask;

/// The tasks that an executor has created and that have not ended. Shared by the executor and those
/// tasks, because one of them may destroy the executor.
class [[gnu::visibility("default")]] SpawnedTasks {
 public:
  /// Waits until all tasks that were there when it began have ended.
  struct Drain : lowlevel::Waiter {
    std::uint64_t last = 0;  // the youngest task it waits for
  };

  SpawnedTasks() = default;
  SpawnedTasks(const SpawnedTasks&) = delete;
  SpawnedTasks& operator=(const SpawnedTasks&) = delete;

  /// Whether this is a child process, where the tasks do not run and the lock may be held for ever.
  [[nodiscard]] bool forked() const noexcept { return made_in_.forked(); }

  /// Throws `std::logic_error` after `close()`.
  void check_open(const char* member) const {
    if (closed_.load(std::memory_order_acquire)) [[unlikely]]
      throw_closed(member);
  }
  void close() noexcept;

  /// False after `close()`. What got in before is known to `request_stop()`.
  [[nodiscard]] bool add(SpawnedTask& task) noexcept;
  void remove(SpawnedTask& task) noexcept;

  /// Asks every task that is there to stop; returns the youngest of them.
  std::uint64_t request_stop() noexcept;
  [[nodiscard]] bool drained(std::uint64_t last) noexcept;
  bool wait(Drain& drain) noexcept;
  void forget(Drain& drain) noexcept;

  /// Blocks the thread until all tasks have ended, except the one whose code runs on this thread.
  void wait_blocking() noexcept;

 private:
  [[noreturn, gnu::cold]] static void throw_closed(const char* member);
  [[nodiscard]] bool drained_up_to(std::uint64_t last) const noexcept;
  [[nodiscard]] bool only_left(const TaskRoot* root) const noexcept;

  const ForkMark made_in_;
  std::atomic<bool> closed_{false};             // written under lock_
  lowlevel::SpinLock lock_;                     // guards all below
  lowlevel::IntrusiveList<SpawnedTask> tasks_;  // the oldest first
  std::uint64_t created_ = 0;
  lowlevel::IntrusiveList<lowlevel::Waiter> drains_;  // each is a Drain
  ThreadEvent* destroyed_ = nullptr;                  // the destructor waits for it,
  const TaskRoot* destroyer_ = nullptr;               // on behalf of this task
};

/// The state of a created task: shared by the task itself, until it has ended, and the parties that
/// are interested in what comes of it: its handle and its awaiters. Any of them may go first.
///
/// E1  end <-> leave   The task notes that it has ended in the word that counts the parties. So
///                     either it finds no party left, and drops what it leaves behind itself, or
///                     the last party to leave finds that it has ended, and does so. Only a party
///                     can make another: once there is none, there never is one again.
// NOLINTNEXTLINE(*-virtual-class-destructor): it deletes itself
class [[gnu::visibility("default")]] SpawnedTask : private TaskRoot,
                                                   private lowlevel::Job,
                                                   public lowlevel::ListNode<SpawnedTask> {
 public:
  SpawnedTask(const SpawnedTask&) = delete;
  SpawnedTask& operator=(const SpawnedTask&) = delete;

  [[nodiscard]] bool done() const noexcept {
    // acquire: E1, the result is there.
    return (state_.load(std::memory_order_acquire) & kDone) != 0;
  }
  /// Any thread.
  void request_stop() noexcept { context().scope.request_stop(); }
  /// The same, inside a notification that may itself be one of a long chain of such: no length of
  /// it grows the stack. REQUIRES: the caller is a party.
  void request_stop_in_turn() noexcept;
  /// Whether the task has come to know that it is to stop. REQUIRES: it has ended.
  [[nodiscard]] bool noticed_stop() noexcept { return context().scope.noticed(); }

  /// False when it has ended already.
  bool wait(lowlevel::Waiter& waiter) noexcept;
  void forget(lowlevel::Waiter& waiter) noexcept;
  /// Throws `std::logic_error` the second time.
  void check_first_take() {
    if (state_.fetch_or(kTaken, std::memory_order_relaxed) & kTaken) [[unlikely]]
      throw_taken_before();
  }

  /// One more party. REQUIRES: the caller is one.
  void join() noexcept { state_.fetch_add(kParty, std::memory_order_relaxed); }
  /// A party goes. If it is the last one, a failure that no party took is reported.
  void leave() noexcept;

 protected:
  SpawnedTask(TaskRoot& creator, std::shared_ptr<SpawnedTasks> siblings) noexcept;
  virtual ~SpawnedTask();

  /// Schedules `frame` to be entered, and has `ended` called when it has come to its end. Throws
  /// `std::logic_error` when the executor was closed: then the task is gone.
  void start(std::coroutine_handle<> frame, PromiseBase& promise, PromiseBase::Completed ended);
  /// The frame has come to its end.
  void end(bool failed) noexcept;

 private:
  friend class SpawnedTasks;

  /// Null if it did not fail. REQUIRES: it has ended.
  [[nodiscard]] virtual std::exception_ptr error() const noexcept = 0;
  /// Destroys what the task leaves behind: no party is left to take it.
  virtual void drop_frame() noexcept = 0;

  static std::coroutine_handle<> enter(lowlevel::Job& job) noexcept;
  void note_why_it_failed() noexcept;
  void report() noexcept;
  void leave_as_last(std::uint64_t state) noexcept;
  [[noreturn, gnu::cold]] static void throw_taken_before();

  /// Keeps the object, but has no interest in what the task leaves behind. REQUIRES: the task is in
  /// the list of its siblings, whose lock is held; or the caller is a party.
  void hold() noexcept { state_.fetch_add(kKeeper, std::memory_order_relaxed); }
  void release() noexcept;
  void delete_this() noexcept;

  // state_: two flags, and how many keep it. The task itself and SpawnedTasks are keepers.
  static constexpr std::uint64_t kDone = 1;
  static constexpr std::uint64_t kTaken = 2;  // a party has the result
  static constexpr std::uint64_t kKeeper = 4;
  static constexpr std::uint64_t kParty = std::uint64_t{1} << 32U;

  std::atomic<std::uint64_t> state_{kKeeper + kParty};  // the task and its handle
  std::coroutine_handle<> entry_;
  std::shared_ptr<SpawnedTasks> siblings_;
  SpawnedTask* next_to_stop_ = nullptr;  // of those that one thread has to ask, in turn
  std::atomic<bool> to_stop_{false};     // a thread is about to ask it
  bool stopped_ = false;                 // ended because it was asked to. Before kDone
  std::uint64_t number_ = 0;  // in the order of creation; guarded by the lock of SpawnedTasks
  lowlevel::SpinLock lock_;   // guards the list, and setting kDone
  lowlevel::WaitList waiters_;
};

template <class T>
class SpawnedTaskOf final : public SpawnedTask {
 public:
  /// REQUIRES: `task` is one.
  static SpawnedTaskOf& create(Task<T> task, internal::TaskRoot& creator,
                               std::shared_ptr<SpawnedTasks> siblings) {
    auto* created = new SpawnedTaskOf{creator, std::move(siblings)};
    created->frame_ = task.release();
    created->start(created->frame_, created->frame_.promise(), &SpawnedTaskOf::ended);
    return *created;
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
  void drop_frame() noexcept override { std::exchange(frame_, {}).destroy(); }

  std::coroutine_handle<TaskPromise<T>> frame_;
};

/// A party to a created task, or to none.
template <class T>
class TaskParty {
 public:
  /// The first party, which `task` was created with.
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
