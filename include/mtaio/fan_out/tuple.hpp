/// A fan-out with a fixed number of children: `gather(a, b, ...)`.
#pragma once

#include <mtaio/coro/errors.hpp>
#include <mtaio/coro/result.hpp>
#include <mtaio/fan_out/loop.hpp>
#include <mtaio/fan_out/task_tuple.hpp>
#include <mtaio/outcome.hpp>
#include <mtaio/task.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <coroutine>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace mtaio::internal {

/// The type of an element of the result tuple for a child that returns a `T`.
template <class T>
using TupleElement = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// The results stay in the frames of the children, which live as long as the fan-out.
template <class Options, bool kOutcomes, class... T>
class TupleFanOut final : private FanOutLoop<TupleFanOut<Options, kOutcomes, T...>, Options> {
  using Base = FanOutLoop<TupleFanOut, Options>;
  friend Base;
  using typename Base::Where;
  static constexpr std::size_t kCount = sizeof...(T);
  using Indices = std::index_sequence_for<T...>;

 public:
  using resumes_at_home = void;

  /// `check()` is called after the tasks were moved in, and may throw.
  template <class Check>
  [[gnu::always_inline]] TupleFanOut(TaskTuple<T...>&& tasks, const Options& options, Check check)
      : Base{options, kOutcomes}, tasks_(std::move(tasks)) {
    tasks_.for_each([](auto& task) {
      if (!task) [[unlikely]]
        throw_no_task("co_await gather()");
    });
    check();
  }

  [[nodiscard]] bool await_ready() { return this->ends_without_children(kCount); }

  template <class Promise>
  [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (this->options().task_timeout) {
      tasks_.for_each([timeout = *this->options().task_timeout](auto& task) {
        task = timed(std::move(task), timeout);
      });
    }
    TaskContext* context = context_of(awaiting);
    if (!in_task(context)) [[unlikely]]
      return start_outside(awaiting, context);
    this->begin(awaiting, context, context->root);
    return start();
  }

  auto await_resume() {
    if constexpr (kCount > 0) {
      if constexpr (kLastMayBeDirect) record_direct_failure(tasks_.template get<kCount - 1>());
      this->finish(kCount);
    }
    return results(Indices{});
  }

 private:
  static constexpr std::size_t kMostChildren = kCount;
  // The last child to start resumes the parent directly, without a hook, if no other child is left
  // by then.
  static constexpr bool kLastMayBeDirect = std::is_same_v<Options, NoOptions>;

  std::coroutine_handle<> start() noexcept {
    if constexpr (kCount == 0) {
      // Never called: await_ready() has returned true.
      return this->parent();
    } else {
      // Nothing can have halted the call yet.
      return transfer_to(start_nth<0>(Where::kAnywhere));
    }
  }
  std::coroutine_handle<> start_outside(std::coroutine_handle<> parent, TaskContext* context) {
    this->begin_outside_task(parent, context);
    return start();
  }

  // start() starts the first child. The token is retired together with the last one, so the holder
  // of the token always has a child to start.
  std::coroutine_handle<> start_child(Where where) noexcept { return start_from<1>(where); }
  // Never called: start_child() does not throw.
  void keep_error(const std::exception_ptr&) {}
  [[nodiscard]] bool exhausted() const noexcept { return this->started() == kCount; }

  template <std::size_t kFirst>
  std::coroutine_handle<> start_from(Where where) noexcept {
    if constexpr (kFirst >= kCount) {
      // Never called: there is only one child.
      return this->retire_token();
    } else if constexpr (kFirst == kCount - 1) {
      return start_nth<kFirst>(where);
    } else {
      return this->started() == kFirst ? start_nth<kFirst>(where) : start_from<kFirst + 1>(where);
    }
  }
  template <std::size_t kI>
  std::coroutine_handle<> start_nth(Where where) noexcept {
    using Child = std::remove_reference_t<decltype(tasks_.template get<kI>())>;
    const auto frame = tasks_.template get<kI>().frame();
    auto& promise = frame.promise();
    if constexpr (kLastMayBeDirect && kI == kCount - 1) {
      if (this->state_.is_only_child()) {
        promise.set_continuation(this->parent(), this->context());
        return frame;
      }
    }
    promise.set_completion(&TupleFanOut::template ended<typename Child::value_type>, this,
                           this->context());
    return this->child_started(frame, kI + 1, kI + 1 == kCount, where);
  }

  template <class U>
  static std::coroutine_handle<> ended(PromiseBase& base) noexcept {
    auto& self = *static_cast<TupleFanOut*>(base.receiver());
    auto& result = static_cast<TaskPromise<U>&>(base).result();
    if (result.has_error()) [[unlikely]]
      return self.failed(base, result.error());
    return self.child_ended();
  }
  std::coroutine_handle<> failed(const PromiseBase& child,
                                 const std::exception_ptr& error) noexcept {
    std::size_t index = 0;
    std::size_t current = 0;
    tasks_.for_each([&](auto& task) {
      if (&task.frame().promise() == &child) index = current;
      ++current;
    });
    this->child_failed(index, error);
    return this->child_ended();
  }
  template <class U>
  void record_direct_failure(Task<U>& last) noexcept {
    auto& promise = last.frame().promise();
    if (promise.result().has_error() && !promise.has_completion()) [[unlikely]]
      this->child_failed(kCount - 1, promise.result().error());
  }

  template <std::size_t... kI>
  auto results(std::index_sequence<kI...>) {
    if constexpr (kOutcomes) {
      return std::tuple<Outcome<T>...>{outcome<T>(tasks_.template get<kI>())...};
    } else {
      return std::tuple<TupleElement<T>...>{value<T>(tasks_.template get<kI>())...};
    }
  }
  template <class U>
  static TupleElement<U> value(Task<U>& task) {
    if constexpr (std::is_void_v<U>) {
      return {};
    } else {
      // If a child has failed, finish() has thrown.
      return task.frame().promise().result().take_value();
    }
  }
  template <class U>
  static Outcome<U> outcome(Task<U>& task) {
    Result<U>& result = task.frame().promise().result();
    if (result.has_error()) return Outcome<U>{result.error()};
    if constexpr (std::is_void_v<U>) {
      return Outcome<U>{std::in_place};
    } else {
      return Outcome<U>{std::in_place, std::move(result.stored())};
    }
  }

  TaskTuple<T...> tasks_;
};

}  // namespace mtaio::internal
