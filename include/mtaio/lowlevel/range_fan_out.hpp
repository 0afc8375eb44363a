/// A fan-out whose children come from a range: `gather(range)` and `map`.
#pragma once

#include <mtaio/lowlevel/fan_out.hpp>
#include <mtaio/lowlevel/result.hpp>
#include <mtaio/lowlevel/timed_task.hpp>
#include <mtaio/outcome.hpp>
#include <mtaio/task.hpp>

#include <coroutine>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace mtaio::lowlevel {

/// What a result of type `T` is in a vector: references cannot be.
template <class T>
using Element =
    std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>,
                       std::remove_cv_t<T>>;

/// `Children` makes them: `value_type`, `bool advance()`, `Task<value_type> make()`, `size()`,
/// `ended()`.
template <class Children, bool kOutcomes>
class RangeFanOut final : private FanOut {
  using T = typename Children::value_type;
  static constexpr bool kKeepsResults = kOutcomes || !std::is_void_v<T>;

  /// Where a child leaves its result. Never moves, so a child can write while others are added.
  struct Slot {
    explicit Slot(RangeFanOut& of) noexcept : owner{of} {}
    RangeFanOut& owner;
    Result<T> result;
  };

 public:
  RangeFanOut(Children&& children, const GatherOptions& options)
      : FanOut{options, kOutcomes}, children_(std::move(children)) {}

  [[nodiscard]] bool await_ready() {
    total_ = children_.size();
    if (total_) set_total(*total_);
    return total_ == 0 || timed_out_before();
  }

  template <class Promise>
  [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    return transfer_to(begin(awaiting, context_of(awaiting)));
  }

  auto await_resume() {
    if (total_ == 0) return results();
    if (timed_out_before()) throw_timed_out(*options().timeout);
    finish(total_);
    return results();
  }

 private:
  [[nodiscard]] bool timed_out_before() const noexcept {
    return options().timeout && options().timeout->is_now();
  }

  std::coroutine_handle<> next_child() override {
    if (!children_.advance()) {
      if (!total_) set_total(started());
      return {};
    }
    void* receiver = this;
    if constexpr (kKeepsResults) receiver = &slots_.emplace_back(*this);
    try {
      Task<T> child = children_.make();
      if (options().task_timeout) child = timed(std::move(child), *options().task_timeout);
      if (!child) throw_no_task();
      const auto frame = child.release();
      frame.promise().received_by(&RangeFanOut::ended, receiver, started(), children_context());
      return frame;
    } catch (...) {
      if constexpr (kKeepsResults) slots_.pop_back();
      throw;
    }
  }

  void keep_error(const std::exception_ptr& error) override {
    if constexpr (kKeepsResults) slots_.emplace_back(*this).result.set_error(error);
  }

  [[nodiscard]] bool exhausted() const noexcept override {
    return children_.ended() || started() == total_;
  }

  static std::coroutine_handle<> ended(PromiseBase& base) noexcept {
    auto& promise = static_cast<TaskPromise<T>&>(base);
    RangeFanOut& self = owner_of(promise);
    if (promise.result().has_error()) {
      keep_failure(promise, promise.result().error());
    } else if constexpr (kKeepsResults) {
      try {
        move_result(promise.result(), slot_of(promise).result);
      } catch (...) {
        keep_failure(promise, std::current_exception());
      }
    }
    std::coroutine_handle<TaskPromise<T>>::from_promise(promise).destroy();
    return self.child_ended();
  }

  static void keep_failure(TaskPromise<T>& promise, const std::exception_ptr& error) noexcept {
    if constexpr (kOutcomes) slot_of(promise).result.set_error(error);
    owner_of(promise).child_failed(promise.index(), error);
  }

  static void move_result(Result<T>& from, Result<T>& to) {
    if constexpr (std::is_void_v<T>) {
      to.emplace();
    } else if constexpr (std::is_reference_v<T>) {
      to.emplace(*from.stored());
    } else {
      to.emplace(std::move(from.stored()));
    }
  }

  static Slot& slot_of(PromiseBase& promise) noexcept {
    return *static_cast<Slot*>(promise.receiver());
  }
  static RangeFanOut& owner_of(PromiseBase& promise) noexcept {
    if constexpr (kKeepsResults) {
      return slot_of(promise).owner;
    } else {
      return *static_cast<RangeFanOut*>(promise.receiver());
    }
  }

  auto results() {
    if constexpr (kOutcomes) {
      std::vector<Outcome<T>> outcomes;
      outcomes.reserve(slots_.size());
      for (Slot& slot : slots_) {
        if (slot.result.has_error()) {
          outcomes.emplace_back(slot.result.error());
        } else if constexpr (std::is_void_v<T>) {
          outcomes.emplace_back(std::in_place);
        } else {
          outcomes.emplace_back(std::in_place, std::move(slot.result.stored()));
        }
      }
      return outcomes;
    } else if constexpr (kKeepsResults) {
      std::vector<Element<T>> values;
      values.reserve(slots_.size());
      for (Slot& slot : slots_) {
        if constexpr (std::is_reference_v<T>) {
          values.emplace_back(*slot.result.stored());
        } else {
          values.push_back(std::move(slot.result.stored()));
        }
      }
      return values;
    }
  }

  Children children_;
  std::optional<std::size_t> total_;
  std::conditional_t<kKeepsResults, std::deque<Slot>, Unit> slots_;
};

}  // namespace mtaio::lowlevel
