/// What a task inherits from the one that awaits it.
#pragma once

#include <mtaio/lowlevel/stop_scope.hpp>

namespace mtaio::internal {

class TaskRoot;

/// The scope of cancellation a task runs in, and the chain of awaits it belongs to. A task that
/// awaits another shares its context with it; `run`, `gather` and `map` open one of their own for
/// their children.
struct TaskContext {
  explicit TaskContext(TaskContext* parent = nullptr,
                       lowlevel::StopScope::Hooks* hooks = nullptr) noexcept
      : scope{parent ? &parent->scope : nullptr, hooks}, root{parent ? parent->root : nullptr} {}
  TaskContext(TaskContext* parent, TaskRoot& own_root) noexcept
      : scope{parent ? &parent->scope : nullptr}, root{&own_root} {}

  struct Deferred {};
  /// The parent is to be set before anybody uses the context.
  explicit TaskContext(Deferred) noexcept {}  // NOLINT(*-member-init)
  void set_parent(TaskContext* parent) noexcept {
    scope.set_parent(parent ? &parent->scope : nullptr);
    root = parent ? parent->root : nullptr;
  }

  lowlevel::StopScope scope;
  TaskRoot* root;
};

/// Whether a coroutine with this context was asked to stop; if so, that is noticed.
[[nodiscard]] inline bool asked_to_stop(TaskContext* context) noexcept {
  return context != nullptr && context->scope.notice_if_requested_nearby();
}

}  // namespace mtaio::internal
