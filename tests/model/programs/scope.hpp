/// A scope of cancellation that others can ask to stop.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/task.hpp>

#include <coroutine>
#include <optional>
#include <utility>

namespace model {

/// Cheaper than a created task, which is an object with a root of its own.
class Scope {
 public:
  /// Also before the task is awaited.
  void request_stop() noexcept {
    stopped_ = true;
    if (context_) context_->scope.request_stop();
  }
  void reset() noexcept { stopped_ = false; }
  /// Whether what runs in it has noticed that.
  [[nodiscard]] bool noticed() const noexcept { return context_ && context_->scope.noticed(); }

  class Awaiter;
  /// Awaits `task` inside this scope.
  Awaiter await(mtaio::Task<void> task) noexcept;

 private:
  bool stopped_ = false;
  std::optional<mtaio::internal::TaskContext> context_;  // while the task runs
};

class Scope::Awaiter {
 public:
  Awaiter(Scope& scope, mtaio::Task<void> task) noexcept : scope_{scope}, task_{std::move(task)} {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;
  ~Awaiter() {
    if (frame_) frame_.destroy();
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    auto& context = scope_.context_.emplace(mtaio::internal::context_of(awaiting));
    if (scope_.stopped_) context.scope.request_stop();
    frame_ = task_.release();
    frame_.promise().set_continuation(awaiting, &context);
    return mtaio::internal::transfer_to(frame_);
  }
  void await_resume() {
    scope_.context_.reset();
    frame_.promise().result().take();
  }

 private:
  Scope& scope_;
  mtaio::Task<void> task_;
  std::coroutine_handle<mtaio::internal::TaskPromise<void>> frame_;
};

inline Scope::Awaiter Scope::await(mtaio::Task<void> task) noexcept {
  return Awaiter{*this, std::move(task)};
}

}  // namespace model
