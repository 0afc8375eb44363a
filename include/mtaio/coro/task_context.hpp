/// What a task inherits from the task that awaits it.
#pragma once

#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>

namespace mtaio::internal {

class TaskRoot;

/// The scope of cancellation a task runs in, and the chain of awaits it belongs to. A task shares
/// its context with the task that awaits it; `run`, `gather` and `map` open a context for their
/// children.
struct TaskContext {
  explicit TaskContext(TaskContext* parent = nullptr,
                       lowlevel::StopScope::Hooks* hooks = nullptr) noexcept
      : scope{parent ? &parent->scope : nullptr, hooks}, root{parent ? parent->root : nullptr} {}
  TaskContext(TaskContext* parent, TaskRoot& own_root) noexcept
      : scope{parent ? &parent->scope : nullptr}, root{&own_root} {}

  /// REQUIRES: `set_parent()` is called before the context is used.
  explicit TaskContext(lowlevel::Deferred) noexcept {}  // NOLINT(*-member-init)
  void set_parent(TaskContext* parent) noexcept {
    scope.set_parent(parent ? &parent->scope : nullptr);
    root = parent ? parent->root : nullptr;
  }

  lowlevel::StopScope scope;
  TaskRoot* root;
};

/// Whether a coroutine with this context was asked to stop. If so, records in the scope that the
/// task has noticed.
[[nodiscard]] inline bool asked_to_stop(TaskContext* context) noexcept {
  return context != nullptr && context->scope.notice_if_requested_nearby();
}

}  // namespace mtaio::internal
