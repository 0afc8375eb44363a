/// The loop of a fan-out: a child starts, ends, and the next one starts.
#pragma once

#include <mtaio/coro/errors.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/fan_out/children_context.hpp>
#include <mtaio/fan_out/core.hpp>
#include <mtaio/fan_out/options.hpp>
#include <mtaio/progress.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>

namespace mtaio::internal {

/// What core.hpp says about the token, for one kind of children and of options. `Derived` makes the
/// children. Only the holder of the token calls its members:
///
///     handle start_child(where)     makes the next child and returns child_started(child), or
///                                   retire_token() if no child is left. If it throws, the child
///                                   could not be made, and has failed with that exception
///     void keep_error(error)        keeps `error` as the result of the next child, which could not
///                                   be made. Called only if errors are collected. May throw
///     bool exhausted() const        whether it is certain that no child is left, after one could
///                                   not be made
///     kMostChildren                 the greatest possible number of children
///     kKeepsPlaces                  whether the result of a child counts towards the limit until it
///                                   is taken. Then there are take_place(), park_if_full() and
///                                   halted(), as in `StreamGate`
///     kLastMayBeDirect              whether the last child to start may resume the parent without
///                                   child_ended(). If it does not, it rarely is the last to end
template <class Derived, class Options>
class FanOutLoop : public FanOut {
 protected:
  FanOutLoop(const Options& options, bool collects_errors) noexcept
      : FanOut{&FanOutLoop::run, collects_errors}, options_(options) {}

  static constexpr bool kKeepsPlaces = false;

  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] std::size_t started() const noexcept { return started_; }
  /// The children's context. REQUIRES: begin() was called.
  [[nodiscard]] TaskContext* context() noexcept {
    if constexpr (std::is_same_v<Options, NoOptions>) {
      return children_context_.get();
    } else {
      return context_;
    }
  }

  void set_total(std::size_t total) noexcept {
    if (Progress* progress = options_.progress) progress->add_total(total);
  }
  /// Whether the call ends without starting any child. `total`: the number of children, if known.
  [[nodiscard]] bool ends_without_children(std::optional<std::size_t> total) noexcept {
    if (total) set_total(*total);
    return total == 0 || times_out_immediately();
  }

  /// The parent, which belongs to `root`, has been suspended. May throw if there are options.
  void begin(std::coroutine_handle<> parent, TaskContext* context, TaskRoot* root) {
    started_ = 0;
    parent_ = parent.address();
    context_ = children_context_.open(context, options_);
    set_root(root);
  }
  /// The same for a parent that is a coroutine of another library. The parent may outlive the task
  /// whose code awaits it, so the fan-out belongs to no task.
  void begin_outside_task(std::coroutine_handle<> parent, TaskContext* context) {
    scheduler_if_alone_ = &current_scheduler();
    begin(parent, context, nullptr);
  }

  /// Starts the next child, or retires the token if the call was halted. Returns the coroutine to
  /// be resumed. REQUIRES: the caller holds the token, and the child is counted.
  [[gnu::always_inline]] std::coroutine_handle<> start_next(Where where) noexcept {
    if (may_be_halted()) [[unlikely]]
      return start_next_slow();
    try {
      return derived().start_child(where);
    } catch (...) {
      return start_next_after_failure();
    }
  }
  /// The same, for the rare cases. Tries one child after another until one can be made.
  std::coroutine_handle<> start_next_slow() noexcept {
    for (;;) {
      if (may_be_halted() && check_halted()) return retire_token();
      try {
        return derived().start_child(Where::kAnywhere);
      } catch (...) {
        if (const auto next = child_not_made(std::current_exception())) return next;
      }
    }
  }

  /// The next child could not be made, because of `error`. Returns the coroutine to be resumed.
  /// REQUIRES: the caller holds the token, and the child is counted.
  std::coroutine_handle<> child_failed_early(const std::exception_ptr& error) noexcept {
    // A failure that is more than the answer to a stop request is kept.
    if (may_be_halted() && check_halted() && !failure_while_stopping(error)) return retire_token();
    const auto next = child_not_made(error);
    return next ? next : start_next_slow();
  }

  /// `child` is the child at `count - 1`: offers the token, or retires it if the children are
  /// `exhausted`. Returns the child.
  [[gnu::always_inline]] std::coroutine_handle<> child_started(std::coroutine_handle<> child,
                                                               std::size_t count, bool exhausted,
                                                               Where where) noexcept {
    started_ = count;
    if (Progress* progress = options_.progress) progress->count_started();
    if constexpr (Derived::kKeepsPlaces) {
      derived().take_place();
      if (!exhausted) {
        return derived().park_if_full() ? child : offer_token(no_limit.value(), where, child);
      }
    } else {
      if (!exhausted) return offer_token(options_.limit.value(), where, child);
    }
    state_.close();
    return child;
  }

  /// The child at `index` has failed. Called before child_ended().
  void child_failed(std::size_t index, const std::exception_ptr& error) noexcept {
    failures_.record(index, error, context_->scope, options_.progress);
  }

  /// A child has ended, and its result has been stored. Returns the coroutine to be resumed.
  [[gnu::always_inline]] std::coroutine_handle<> child_ended() noexcept {
    if (Progress* progress = options_.progress) progress->count_done();
    if constexpr (!Derived::kLastMayBeDirect) {
      if (state_.is_last_child()) return parent();
    }
    if (!take_back_token()) [[unlikely]]
      return child_ended_slow();
    if (row_is_over()) [[unlikely]]
      return post_token();
    return start_next(Where::kAtHome);
  }

  /// The parent has been resumed: throws the error of the call, if there is one. `total`: the
  /// number of children, if known.
  void finish(std::optional<std::size_t> total) {
    if (times_out_immediately()) throw_timed_out(*options_.timeout);
    if (children_context_.close()) failures_.throw_timeout(*options_.timeout, total);
    if (failures_.any()) [[unlikely]]
      failures_.throw_error(total);
  }

 private:
  // After this number of children in a row the worker looks at its other work, and checks the
  // scopes above for stop requests. Children that never wait would not learn of a request
  // otherwise.
  static constexpr std::size_t kChildrenInARow = 64;
  // Whether every child starts, even after a failure, because some children run before the call.
  static constexpr bool kStartsAll = requires { typename Options::starts_all; };

  [[nodiscard]] bool times_out_immediately() const noexcept {
    return options_.timeout && options_.timeout->is_now();
  }
  [[nodiscard]] bool row_is_over() const noexcept {
    return Derived::kMostChildren >= kChildrenInARow && started_ % kChildrenInARow == 0;
  }
  /// Whether check_halted() must be called. Does not look at the scopes above, so every new row
  /// begins with check_halted() in any case.
  [[nodiscard]] bool may_be_halted() noexcept {
    if constexpr (Derived::kKeepsPlaces) {
      if (derived().halted()) return true;
    }
    return !kStartsAll && (failures_.any() || context()->scope.stop_arrived());
  }
  [[nodiscard]] bool check_halted() noexcept {
    if (failures_.check_halted(context_->scope)) return true;
    if constexpr (Derived::kKeepsPlaces) {
      return derived().halted();
    } else {
      return false;
    }
  }

  Derived& derived() noexcept { return static_cast<Derived&>(*this); }

  /// The job: a worker has found the token in a deque or in a queue of the scheduler.
  static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
    auto& self = static_cast<FanOutLoop&>(job);
    self.state_.add_child();
    if (!kStartsAll && self.row_is_over() && self.check_halted()) return self.retire_token();
    return self.start_next_slow();
  }

  /// A child has ended, and the token was not in the deque of a worker that needs no fences.
  std::coroutine_handle<> child_ended_slow() noexcept {
    using Leaving = FanOutState::Leaving;
    switch (take_back_token_slow() ? Leaving::kTakeToken : state_.unpark_or_leave()) {
      case Leaving::kResumeParent:
        return parent();
      case Leaving::kNothing:
        return std::noop_coroutine();
      case Leaving::kTakeToken:
        break;
    }
    return row_is_over() ? post_token() : start_next(Where::kAnywhere);
  }

  /// The next child could not be made. Returns the coroutine to be resumed, or null if the caller
  /// has to start the child after it. If it is not null, the fan-out may be destroyed.
  std::coroutine_handle<> child_not_made(const std::exception_ptr& error) noexcept {
    const std::size_t index = started_++;
    if (Progress* progress = options_.progress) {
      progress->count_started();
      progress->count_done();
    }
    derived().child_failed(index, error);
    if (!failures_.collects_errors() && !kStartsAll) return retire_token();
    try {
      derived().keep_error(error);
    } catch (...) {
      failures_.record_lost_result(index, std::current_exception(), context_->scope);
      return retire_token();
    }
    if (derived().exhausted()) return retire_token();
    if constexpr (Derived::kKeepsPlaces) {
      state_.remove_child();
      if (derived().park_if_full()) return std::noop_coroutine();
      state_.add_child();
    }
    return row_is_over() ? post_token() : std::coroutine_handle<>{};
  }
  /// Called while the exception of the child that could not be made is handled.
  std::coroutine_handle<> start_next_after_failure() noexcept {
    const auto next = child_not_made(std::current_exception());
    return next ? next : start_next_slow();
  }

  [[no_unique_address]] Options options_;
  ChildrenContext<Options> children_context_;
};

}  // namespace mtaio::internal
