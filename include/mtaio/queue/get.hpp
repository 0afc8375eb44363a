/// What the `get()` and the `next()` of a queue return.
#pragma once

#include <mtaio/base/unique_ptr.hpp>
#include <mtaio/coro/budget.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/queue/core.hpp>
#include <mtaio/queue/errors.hpp>
#include <mtaio/queue/node.hpp>
#include <mtaio/queue/permit.hpp>

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// `Result` is `T` for `get()`, `std::optional<T>` for `next()`.
template <class T, class Storage, class Result>
class [[nodiscard]] GetOperation {
 public:
  using Core = QueueCore<Storage>;
  using Node = ItemNode<T, Storage>;

  explicit GetOperation(Core& core) noexcept : core_{&core} {}

  class Awaiter;
  Awaiter operator co_await() const noexcept { return Awaiter{*core_}; }

  /// Moves the item out of a node that was popped, and destroys the node. If the move throws, the
  /// item stays in the queue.
  static Result take_item(Core& core, Node& popped) {
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      const std::unique_ptr<Node> node{&popped};
      return Result{std::move(node->item)};
    } else {
      // The node is destroyed before its permit is released.
      Permit<Storage> permit{core};
      std::unique_ptr<Node> node{&popped};
      // The result is made in its final place. A named result would be moved once more after the
      // item has left the queue, if the compiler does not elide that move (g++ before 14). A catch
      // clause, because uncaught_exceptions() does not count the exceptions of other languages or
      // of another C++ runtime.
      try {
        return Result{std::move(node->item)};
      } catch (...) {
        permit.put_back(*node.release());
        throw;
      }
    }
  }

 private:
  Core* core_;
};

template <class T, class Storage, class Result>
class GetOperation<T, Storage, Result>::Awaiter {
 public:
  using resumes_at_home = void;

  explicit Awaiter(Core& core) noexcept : core_{core} {}

  [[nodiscard]] bool await_ready() noexcept {
    if (core_.looks_empty()) return false;  // so that a get that waits locks once
    popped_ = core_.pop();
    return popped_.node != nullptr || popped_.shut_down;
  }

  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (popped_.budget_spent) {
      if (asked_to_stop(context_of(awaiting))) return false;
      popped_ = core_.try_pop();
      if (popped_.node || popped_.shut_down) {
        auto& wait = wait_.emplace();
        wait.shut_down = popped_.shut_down;
        wait.yield(awaiting);
        return true;  // another worker may have resumed the task and destroyed this awaiter
      }
    }
    auto& wait = wait_.emplace();
    wait.prepare(awaiting);
    return core_.enlist(wait);
  }

  Result await_resume() {
    if (wait_) [[unlikely]]
      end_wait();
    if (popped_.node) return GetOperation::take_item(core_, static_cast<Node&>(*popped_.node));
    if (!popped_.shut_down) lowlevel::throw_cancelled();
    if constexpr (std::is_same_v<Result, T>) {
      throw_get_after_shutdown(core_.name());
    } else {
      return std::nullopt;
    }
  }

 private:
  void end_wait() noexcept {
    (void)wait_->finish();
    if (popped_.node) return;
    popped_ = {wait_->node, wait_->shut_down, false};
    if (!popped_.node && !popped_.shut_down) core_.forget(*wait_);
  }

  Core& core_;
  typename Core::Popped popped_{};
  // Exists only if the get has to wait.
  std::optional<typename Core::Getter> wait_;
};

}  // namespace mtaio::internal
