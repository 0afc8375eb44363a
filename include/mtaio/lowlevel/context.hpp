/// What a task inherits from the one that awaits it.
#pragma once

#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>

#include <atomic>
#include <cstddef>

namespace mtaio::lowlevel {

class TaskRoot;

/// The scope of cancellation a task runs in, and the chain of awaits it belongs to. A task that
/// awaits another shares its context with it; `run`, `gather` and `map` open one of their own for
/// their children.
struct TaskContext {
  explicit TaskContext(TaskContext* parent = nullptr, StopScope::Hooks* hooks = nullptr) noexcept
      : scope{parent ? &parent->scope : nullptr, hooks}, root{parent ? parent->root : nullptr} {}
  TaskContext(TaskContext* parent, TaskRoot& own_root) noexcept
      : scope{parent ? &parent->scope : nullptr}, root{&own_root} {}

  struct ParentComes {};
  /// The parent is to be set before anybody uses the context.
  explicit TaskContext(ParentComes) noexcept {}  // NOLINT(*-member-init)
  void set_parent(TaskContext* parent) noexcept {
    scope.set_parent(parent ? &parent->scope : nullptr);
    root = parent ? parent->root : nullptr;
  }

  StopScope scope;
  TaskRoot* root;
};

/// Whether a coroutine with this context was asked to stop; if so, that is noticed.
[[nodiscard]] inline bool asked_to_stop(TaskContext* context) noexcept {
  return context != nullptr && context->scope.notice_if_requested_nearby();
}

/// One call of `run()`: everything that was started in it, and that it waits for.
class Run {
 public:
  explicit Run(Scheduler& scheduler) noexcept : scheduler_{scheduler} {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] Scheduler& scheduler() const noexcept { return scheduler_; }
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

  Scheduler& scheduler_;
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
  [[nodiscard]] Scheduler& scheduler() const noexcept { return run_.scheduler(); }
  [[nodiscard]] TaskContext& context() noexcept { return context_; }

 protected:
  ~TaskRoot() = default;

 private:
  Run& run_;
  TaskContext context_;
};

}  // namespace mtaio::lowlevel
