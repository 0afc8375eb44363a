/// A run, and the tasks that it waits for.
#pragma once

#include <mtaio/base/ref_count.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

namespace mtaio::internal {

/// One call of `run()`: everything that was started in it, and that it waits for.
/// Its live tasks own it together: whatever a task did is visible when the run ends.
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
  void retain() noexcept { live_tasks_.retain(); }
  /// One of the tasks has ended. The run may be destroyed when this returns.
  void release() noexcept {
    if (live_tasks_.release()) ended();
  }

 protected:
  ~Run() = default;

 private:
  virtual void ended() noexcept = 0;

  lowlevel::Scheduler& scheduler_;
  TaskContext context_{nullptr};
  // At first the main task.
  RefCount live_tasks_;
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
