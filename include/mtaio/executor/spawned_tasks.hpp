/// The running tasks of an executor.
#pragma once

#include <mtaio/coro/run.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/platform/thread_event.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::internal {

class SpawnedTask;

/// The tasks that an executor has spawned and that have not ended. The executor and the tasks in
/// the list own it together, because one of the tasks may destroy the executor: the last of them to
/// go deletes it.
///
/// close/check  A thread that finds the executor closed (acquire) sees all that happened before
///              `close()` (release).
class [[gnu::visibility("default")]] SpawnedTasks {
 public:
  /// A wait for the end of all tasks that existed when the wait began.
  struct Drain : lowlevel::Waiter {
    /// The number of the youngest task that the drain waits for.
    std::uint64_t last = 0;
  };

  SpawnedTasks() = default;
  SpawnedTasks(const SpawnedTasks&) = delete;
  SpawnedTasks& operator=(const SpawnedTasks&) = delete;

  /// Whether this is a forked child, where the tasks do not run and the lock may be held forever.
  [[nodiscard]] bool forked() const noexcept { return made_in_.forked(); }

  /// Throws `std::logic_error` after `close()`.
  void check_open(const char* member) const {
    // acquire: close/check.
    if (closed_.load(std::memory_order_acquire)) [[unlikely]]
      throw_closed(member);
  }
  [[noreturn]] static void throw_closed(const char* member);
  void close() noexcept;

  /// Returns false after `close()`. A `request_stop()` after `close()` reaches every task for which
  /// add() returned true.
  [[nodiscard]] bool add(SpawnedTask& task) noexcept;
  /// The task has ended. This object may be deleted when this returns.
  void remove(SpawnedTask& task) noexcept;
  /// The executor is destroyed. This object may be deleted when this returns.
  void leave() noexcept;

  /// Asks every task in the list to stop, and returns the number of the youngest.
  std::uint64_t request_stop() noexcept;
  /// Whether the tasks up to number `last` have ended.
  [[nodiscard]] bool drained(std::uint64_t last) noexcept;
  /// Begins the wait. Returns false if there is nothing to wait for, or the waiter was asked to
  /// stop.
  bool enlist(Drain& drain) noexcept;
  void forget(Drain& drain) noexcept;

  /// Whether the calling thread runs the code of one of the tasks.
  [[nodiscard]] bool run_here() noexcept;
  /// Blocks the thread until all tasks have ended, except the one whose code runs on this thread.
  void wait_blocking() noexcept;

 private:
  using Tasks = lowlevel::IntrusiveList<SpawnedTask>;
  using Drains = lowlevel::IntrusiveList<lowlevel::Waiter>;

  [[nodiscard]] bool drained_up_to(std::uint64_t last) const noexcept;
  [[nodiscard]] bool only_left(const TaskRoot* root) const noexcept;
  [[nodiscard]] std::uint64_t youngest() noexcept;
  /// The first task after `previous` (null: the first of all) whose number is not above `last`,
  /// retained. Null if there is none. REQUIRES: the caller keeps `previous`.
  [[nodiscard]] SpawnedTask* retain_next(SpawnedTask* previous, std::uint64_t last) noexcept;

  const ForkMark made_in_;
  /// Written under `lock_`.
  std::atomic<bool> closed_{false};
  /// Guards all below.
  lowlevel::SpinLock lock_;
  /// Whether the executor exists.
  bool has_executor_ = true;
  /// The oldest first.
  Tasks tasks_;
  /// How many tasks were ever added; the number of the youngest.
  std::uint64_t spawned_ = 0;
  /// Each is a `Drain`.
  Drains drains_;
  /// What `wait_blocking()` waits for; null outside that call.
  ThreadEvent* all_ended_ = nullptr;
  /// The task whose code called `wait_blocking()`; null outside a task.
  const TaskRoot* destroyer_ = nullptr;
};

}  // namespace mtaio::internal
