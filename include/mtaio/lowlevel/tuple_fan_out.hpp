/// A fan-out with a fixed number of children: `gather(a, b, ...)`.
#pragma once

#include <mtaio/lowlevel/fan_out.hpp>
#include <mtaio/lowlevel/result.hpp>
#include <mtaio/lowlevel/timed_task.hpp>
#include <mtaio/outcome.hpp>
#include <mtaio/task.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace mtaio::lowlevel {

/// What a result of type `T` is in a tuple.
template <class T>
using TupleElement = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// The results stay in the children's frames, which live as long as the fan-out.
template <class Options, bool kOutcomes, class... T>
class TupleFanOut final : private FanOutOf<TupleFanOut<Options, kOutcomes, T...>, Options> {
  using Base = FanOutOf<TupleFanOut, Options>;
  friend Base;
  static constexpr std::size_t kCount = sizeof...(T);
  using Indices = std::index_sequence_for<T...>;

 public:
  TupleFanOut(std::tuple<Task<T>...>&& tasks, const Options& options)
      : Base{options, kOutcomes}, tasks_(std::move(tasks)) {}

  [[nodiscard]] bool await_ready() {
    this->set_total(kCount);
    std::apply([](auto&... task) { ((task ? void() : throw_no_task()), ...); }, tasks_);
    return kCount == 0 || this->timed_out_before();
  }

  template <class Promise>
  [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (this->options().task_timeout) {
      std::apply(
          [this](auto&... task) {
            ((task = timed(std::move(task), *this->options().task_timeout)), ...);
          },
          tasks_);
    }
    this->begin(awaiting, context_of(awaiting));
    if constexpr (kCount == 0) return awaiting;  // it was ready
    // Nothing can have happened that keeps the first one from starting.
    const std::coroutine_handle<> first = enter(0, Indices{});
    this->note_started(1, exhausted_after(1));
    return transfer_to(first);
  }

  auto await_resume() {
    if constexpr (kCount > 0) {
      if (this->timed_out_before()) throw_timed_out(*this->options().timeout);
      if (last_is_direct_) note_last(std::get<kCount - 1>(tasks_));
      this->finish(kCount);
    }
    return results(Indices{});
  }

 private:
  static constexpr std::size_t kMostChildren = kCount;
  // The last child to start, when no other one runs, needs no hook: it goes on to the parent.
  static constexpr bool kLastMayBeDirect = std::is_same_v<Options, NoOptions>;

  std::coroutine_handle<> next_child() noexcept {
    return this->started() < kCount ? enter(this->started(), Indices{}) : std::coroutine_handle<>{};
  }
  void keep_error(const std::exception_ptr&) {}  // next_child() does not throw
  [[nodiscard]] bool exhausted_after(std::size_t count) const noexcept { return count == kCount; }

  template <std::size_t... kI>
  std::coroutine_handle<> enter(std::size_t index, std::index_sequence<kI...>) noexcept {
    std::coroutine_handle<> child;
    (void)((kI == index && (child = enter<kI>(), true)) || ...);
    return child;
  }
  template <std::size_t kI>
  std::coroutine_handle<> enter() noexcept {
    using Child = std::tuple_element_t<kI, std::tuple<Task<T>...>>;
    const auto frame = std::get<kI>(tasks_).frame();
    auto& promise = frame.promise();
    if constexpr (kLastMayBeDirect && kI == kCount - 1) {
      // acquire: where no other one runs, what those that ran did is visible to the parent.
      last_is_direct_ = this->state_.load(std::memory_order_acquire) == 1;
      if (last_is_direct_) {
        promise.awaited_by(this->parent_, this->context_);
        return frame;
      }
    }
    promise.received_by(&TupleFanOut::template ended<typename Child::value_type>, this, kI,
                        this->context_);
    return frame;
  }

  template <class U>
  static std::coroutine_handle<> ended(PromiseBase& base) noexcept {
    auto& self = *static_cast<TupleFanOut*>(base.receiver());
    auto& result = static_cast<TaskPromise<U>&>(base).result();
    if (result.has_error()) [[unlikely]]
      self.child_failed(base.index(), result.error(), self.options().progress);
    return self.child_ended();
  }
  template <class U>
  void note_last(Task<U>& task) noexcept {
    auto& result = task.frame().promise().result();
    if (result.has_error()) [[unlikely]]
      this->child_failed(kCount - 1, result.error(), nullptr);
  }

  template <std::size_t... kI>
  [[gnu::always_inline]] auto results(std::index_sequence<kI...>) {
    if constexpr (kOutcomes) {
      return std::tuple<Outcome<T>...>{outcome<T>(std::get<kI>(tasks_))...};
    } else {
      return std::tuple<TupleElement<T>...>{value<T>(std::get<kI>(tasks_))...};
    }
  }
  template <class U>
  static TupleElement<U> value(Task<U>& task) {
    if constexpr (std::is_void_v<U>) {
      return {};
    } else {
      return task.frame().promise().result().take();
    }
  }
  template <class U>
  static Outcome<U> outcome(Task<U>& task) {
    Result<U>& from = task.frame().promise().result();
    if (from.has_error()) return Outcome<U>{from.error()};
    if constexpr (std::is_void_v<U>) {
      return Outcome<U>{std::in_place};
    } else {
      return Outcome<U>{std::in_place, std::move(from.stored())};
    }
  }

  std::tuple<Task<T>...> tasks_;
  bool last_is_direct_ = false;
};

}  // namespace mtaio::lowlevel
