/// A run, and the tasks that it waits for.
#pragma once

#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

#include <atomic>
#include <cstddef>

namespace mtaio::internal {

/// One call of `run()`: everything that was started in it, and that it waits for.
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

  /// One more task that the run waits for.
  void hold() noexcept { live_.fetch_add(1, std::memory_order_relaxed); }
  /// One task less. The run may be gone when this returns.
  void release() noexcept {
    // release, acquire: what every task did is visible when the run ends.
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

/// The root of a chain of awaits: the main task of a run, or what `create_task` started.
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
