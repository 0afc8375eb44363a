/// The context that the children of a fan-out share.
#pragma once

#include <mtaio/coro/task_context.hpp>
#include <mtaio/fan_out/options.hpp>
#include <mtaio/timeout/timed_context.hpp>

#include <variant>

namespace mtaio::internal {

/// A scope below the caller's, with a deadline if the options have a timeout.
template <class Options>
class ChildrenContext {
 public:
  TaskContext* open(TaskContext* parent, const Options& options) {
    if (options.timeout) return &context_.template emplace<TimedContext>(parent, *options.timeout);
    return &context_.template emplace<TaskContext>(parent);
  }
  /// Called when all children have ended. Returns whether the deadline cut them off.
  [[nodiscard]] bool close() noexcept {
    auto* timed = std::get_if<TimedContext>(&context_);
    if (!timed) return false;
    timed->close();
    return timed->cut_off();
  }

 private:
  std::variant<std::monostate, TaskContext, TimedContext> context_;
};

/// Without options there is no deadline.
template <>
class ChildrenContext<NoOptions> {
 public:
  TaskContext* open(TaskContext* parent, const NoOptions&) noexcept {
    context_.set_parent(parent);
    return &context_;
  }
  [[nodiscard]] TaskContext* get() noexcept { return &context_; }
  [[nodiscard]] static bool close() noexcept { return false; }

 private:
  TaskContext context_{lowlevel::Deferred{}};
};

}  // namespace mtaio::internal
