/// Tells a model the moment that a scope is asked to stop.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>

#include "model/reference/scope_model.hpp"

#include <coroutine>

namespace model {

/// `co_await OwnContext{}` gives the context of the task.
class OwnContext {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    context_ = mtaio::internal::context_of(awaiting);
    return false;
  }
  [[nodiscard]] mtaio::internal::TaskContext& await_resume() const noexcept { return *context_; }

 private:
  mtaio::internal::TaskContext* context_ = nullptr;
};

/// Where several scopes have the same deadline, it shows which of their timers have fired. It
/// attaches the scope, as a wait would, but takes no notice.
class Canary : private mtaio::lowlevel::StopNode {
 public:
  Canary(mtaio::lowlevel::StopScope& scope, ScopeModel& model, int modelled) noexcept
      : StopNode{&Canary::notify}, scope_{scope}, model_{model}, modelled_{modelled} {
    model_[modelled_].watched = true;
    if (!model_[modelled_].stopped) model_.attach(modelled_);
    scope_.add(*this);
  }
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;
  ~Canary() { scope_.remove(*this); }

 private:
  static void notify(StopNode& node) noexcept {
    auto& self = static_cast<Canary&>(node);
    self.model_.was_stopped(self.modelled_);
  }

  mtaio::lowlevel::StopScope& scope_;
  ScopeModel& model_;
  int modelled_;
};

}  // namespace model
