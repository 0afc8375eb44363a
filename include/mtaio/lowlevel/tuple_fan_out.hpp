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
template <bool kOutcomes, class... T>
class TupleFanOut final : private FanOut {
  static constexpr std::size_t kCount = sizeof...(T);

 public:
  TupleFanOut(std::tuple<Task<T>...>&& tasks, const GatherOptions& options)
      : FanOut{options, kOutcomes}, tasks_(std::move(tasks)) {}
  TupleFanOut(const TupleFanOut&) = delete;
  TupleFanOut& operator=(const TupleFanOut&) = delete;
  ~TupleFanOut() {
    for (const std::coroutine_handle<> frame : frames_) {
      if (frame) frame.destroy();
    }
  }

  [[nodiscard]] bool await_ready() {
    set_total(kCount);
    std::apply([](auto&... task) { ((task ? void() : throw_no_task()), ...); }, tasks_);
    return kCount == 0 || timed_out_before();
  }

  template <class Promise>
  [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (options().task_timeout) {
      std::apply(
          [this](auto&... task) {
            ((task = timed(std::move(task), *options().task_timeout)), ...);
          },
          tasks_);
    }
    return transfer_to(begin(awaiting, context_of(awaiting)));
  }

  auto await_resume() {
    if constexpr (kCount > 0) {
      if (timed_out_before()) throw_timed_out(*options().timeout);
      finish(kCount);
    }
    return results(std::index_sequence_for<T...>{});
  }

 private:
  [[nodiscard]] bool timed_out_before() const noexcept {
    return options().timeout && options().timeout->is_now();
  }

  std::coroutine_handle<> next_child() override {
    return started() < kCount ? enter(started(), std::index_sequence_for<T...>{})
                              : std::coroutine_handle<>{};
  }
  void keep_error(const std::exception_ptr&) override {}  // next_child() does not throw
  [[nodiscard]] bool exhausted() const noexcept override { return started() == kCount; }

  template <std::size_t... kI>
  std::coroutine_handle<> enter(std::size_t index, std::index_sequence<kI...>) noexcept {
    std::coroutine_handle<> child;
    ((kI == index ? void(child = enter<kI>()) : void()), ...);
    return child;
  }
  template <std::size_t kI>
  std::coroutine_handle<> enter() noexcept {
    const auto frame = std::get<kI>(tasks_).release();
    frames_[kI] = frame;
    results_[kI] = &frame.promise().result();
    using Child = std::tuple_element_t<kI, std::tuple<Task<T>...>>;
    frame.promise().received_by(&TupleFanOut::template ended<typename Child::value_type>, this, kI,
                                children_context());
    return frame;
  }

  template <class U>
  static std::coroutine_handle<> ended(PromiseBase& base) noexcept {
    auto& self = *static_cast<TupleFanOut*>(base.receiver());
    auto& result = static_cast<TaskPromise<U>&>(base).result();
    if (result.has_error()) self.child_failed(base.index(), result.error());
    return self.child_ended();
  }

  template <std::size_t... kI>
  auto results(std::index_sequence<kI...>) {
    if constexpr (kOutcomes) {
      return std::tuple<Outcome<T>...>{outcome<T>(kI)...};
    } else {
      return std::tuple<TupleElement<T>...>{value<T>(kI)...};
    }
  }
  template <class U>
  Result<U>& result(std::size_t index) noexcept {
    return *static_cast<Result<U>*>(results_[index]);
  }
  template <class U>
  TupleElement<U> value(std::size_t index) {
    if constexpr (std::is_void_v<U>) {
      return {};
    } else {
      return result<U>(index).take();
    }
  }
  template <class U>
  Outcome<U> outcome(std::size_t index) {
    Result<U>& from = result<U>(index);
    if (from.has_error()) return Outcome<U>{from.error()};
    if constexpr (std::is_void_v<U>) {
      return Outcome<U>{std::in_place};
    } else {
      return Outcome<U>{std::in_place, std::move(from.stored())};
    }
  }

  std::tuple<Task<T>...> tasks_;
  std::array<std::coroutine_handle<>, kCount> frames_{};  // of the children that have been started
  std::array<void*, kCount> results_{};                   // in those frames: Result<T> of each
};

}  // namespace mtaio::lowlevel
