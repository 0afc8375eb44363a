/// What the `put()` of a queue returns.
#pragma once

#include <mtaio/base/single_use.hpp>
#include <mtaio/coro/budget.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/queue/core.hpp>
#include <mtaio/queue/errors.hpp>
#include <mtaio/queue/node.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace mtaio::internal {

/// Owns the item until it is in the queue.
template <class T, class Storage>
class [[nodiscard]] PutOperation {
 public:
  using Core = QueueCore<Storage>;
  using Node = ItemNode<T, Storage>;

  PutOperation(Core& core, T&& item, double priority = 0)
      : core_{&core}, priority_{priority}, item_(std::move(item)) {}

  class Awaiter;
  Awaiter operator co_await() && {
    use_.use("put");
    return Awaiter{*core_, std::move(item_), priority_};
  }

 private:
  SingleUse use_;
  Core* core_;
  double priority_;
  T item_;
};

template <class T, class Storage>
class PutOperation<T, Storage>::Awaiter {
 public:
  using resumes_at_home = void;

  Awaiter(Core& core, T&& item, double priority)
      : core_{core}, priority_{priority}, item_(std::move(item)) {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;
  ~Awaiter() {
    if (node_) [[unlikely]]
      delete node_;
  }

  [[nodiscard]] bool await_ready() {
    if (core_.looks_full()) return false;  // so that a put that waits allocates nothing
    node_ = &make_node();
    return ends_with(core_.push(*node_));
  }

  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (node_ && budget_is_spent()) {
      if (asked_to_stop(context_of(awaiting))) return false;
      if (ends_with(core_.try_push(*node_))) {
        Wait& wait = wait_.emplace(*this);
        wait.shut_down = shut_down_;
        wait.yield(awaiting);
        return true;  // another worker may have resumed the task and destroyed this awaiter
      }
    }
    Wait& wait = wait_.emplace(*this);
    wait.node = std::exchange(node_, nullptr);
    wait.prepare(awaiting);
    try {
      return core_.enlist(wait);
    } catch (...) {  // make_node() threw; the stop scope may end before this awaiter does
      wait_.reset();
      throw;
    }
  }

  void await_resume() {
    if (wait_) [[unlikely]]
      end_wait();
    if (shut_down_) throw_put_after_shutdown(core_.name());
    if (!stored_) lowlevel::throw_cancelled();
  }

 private:
  /// Exists only if the put has to wait.
  struct Wait final : Core::Putter {
    explicit Wait(Awaiter& owner) noexcept : awaiter{owner} {}
    ~Wait() { delete static_cast<Node*>(this->node); }
    typename Storage::Node& make_node() override { return awaiter.make_node(); }
    Awaiter& awaiter;
  };

  void end_wait() {
    const auto state = wait_->finish();
    if (wait_->error) std::rethrow_exception(wait_->error);
    shut_down_ = wait_->shut_down;
    if (shut_down_ || stored_) return;
    stored_ = state == lowlevel::Waiter::State::kServed;
    if (!stored_) core_.forget(*wait_);
  }

  /// Takes note of what has become of `node_`. Returns whether that ends the operation.
  bool ends_with(typename Core::Push pushed) noexcept {
    if (pushed == Core::Push::kStored) [[likely]] {
      node_ = nullptr;
      stored_ = true;
      return true;
    }
    shut_down_ = pushed == Core::Push::kShutDown;
    return shut_down_;
  }

  Node& make_node() {
    auto* made = new Node{std::move(item_)};
    if constexpr (requires { made->priority; }) made->priority = priority_;
    return *made;
  }

  Core& core_;
  double priority_;
  // Holds the item when the first attempt could not store it.
  Node* node_ = nullptr;
  bool stored_ = false;
  bool shut_down_ = false;
  std::optional<Wait> wait_;
  T item_;
};

}  // namespace mtaio::internal
