/// A run, and the tasks that it waits for.
#pragma once

#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

#include <atomic>
#include <cstddef>

namespace mtaio::internal {

/// One call of `run()`: everything that was started in it, and that it waits for.
///
/// task/end   Each task that ends releases the count of live tasks, and the last one acquires it:
///            whatever a task did is visible when the run ends.
class Run {
 public:
  explicit Run(lowlevel::Scheduler& scheduler) noexcept : scheduler_{scheduler} {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] lowlevel::Scheduler& scheduler() const noexcept { return scheduler_; }
  /// The main task, which lives as long as the run.
  [[nodiscard]] virtual TaskRoot& main() noexcept = 0;
  /// The parent of the context of every task started in this run.
  [[nodiscard]] TaskContext& context() noexcept { return context_; }

  /// The run waits for one more task.
  void retain() noexcept { live_.fetch_add(1, std::memory_order_relaxed); }
  /// One of the tasks has ended. The run may be destroyed when this returns.
  void release() noexcept {
    // task/end, both ends.
    if (live_.fetch_sub(1, std::memory_order_acq_rel) == 1) ended();
  }

 protected:
  ~Run() = default;

 private:
  virtual void ended() noexcept = 0;

  lowlevel::Scheduler& scheduler_;
  TaskContext context_{nullptr};
  std::atomic<std::size_t> live_{1};  // the main task
};

/// The root of a chain of awaits: the main task of a run, or a task that `create_task` started.
class TaskRoot {
 public:
  explicit TaskRoot(Run& run) noexcept : run_{run}, context_{&run.context(), *this} {}
  TaskRoot(const TaskRoot&) = delete;
  TaskRoot& operator=(const TaskRoot&) = delete;

  [[nodiscard]] Run& run() const noexcept { return run_; }
  [[nodiscard]] lowlevel::Scheduler& scheduler() const noexcept { return run_.scheduler(); }
  [[nodiscard]] TaskContext& context() noexcept { return context_; }

 protected:
  ~TaskRoot() = default;

 private:
  Run& run_;
  TaskContext context_;
};

}  // namespace mtaio::internal
