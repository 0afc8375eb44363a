/// The context that the children of a fan-out share.
#pragma once

#include <mtaio/coro/task_context.hpp>
#include <mtaio/fan_out/options.hpp>
#include <mtaio/timeout/timed_context.hpp>

#include <new>

namespace mtaio::internal {

/// A scope below the caller's, with a deadline if the options have a timeout.
template <class Options>
class ChildrenContext {
 public:
  ChildrenContext() noexcept {}  // NOLINT(*-member-init): the union starts empty
  ChildrenContext(const ChildrenContext&) = delete;
  ChildrenContext& operator=(const ChildrenContext&) = delete;
  ~ChildrenContext() { reset(); }

  TaskContext* open(TaskContext* parent, const Options& options) {
    reset();
    if (options.timeout) {
      ::new (static_cast<void*>(&timed_)) TimedContext{parent, *options.timeout};
      state_ = State::kTimed;
      return &timed_;
    }
    ::new (static_cast<void*>(&plain_)) TaskContext{parent};
    state_ = State::kPlain;
    return &plain_;
  }
  /// Called when all children have ended. Returns whether the deadline cut them off.
  [[nodiscard]] bool close() noexcept {
    if (state_ != State::kTimed) return false;
    timed_.close();
    return timed_.cut_off();
  }

 private:
  enum class State : unsigned char { kEmpty, kPlain, kTimed };

  void reset() noexcept {
    if (state_ == State::kPlain) plain_.~TaskContext();
    if (state_ == State::kTimed) timed_.~TimedContext();
    state_ = State::kEmpty;
  }

  union {
    TaskContext plain_;
    TimedContext timed_;
  };
  State state_ = State::kEmpty;
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
