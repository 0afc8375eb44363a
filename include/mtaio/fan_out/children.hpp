/// What makes the children of a fan-out over a range.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/fan_out/core.hpp>
#include <mtaio/fan_out/element_source.hpp>
#include <mtaio/options.hpp>
#include <mtaio/task.hpp>
#include <mtaio/threads/bound_function.hpp>
#include <mtaio/threads/thread_awaiter.hpp>
#include <mtaio/threads/timed_thread_awaiter.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// What runs already, and can be joined: a `TaskHandle`.
template <class A>
concept Joinable = requires(const std::remove_cvref_t<A>& awaitable) {
  { awaitable.joined() } -> std::same_as<Task<await_result_t<A>>>;
};

/// As `to_task`, but what runs already is joined: it is stopped with the other children, and waited
/// for.
template <class A>
[[gnu::always_inline]] inline auto to_child(A&& awaitable) {
  if constexpr (Joinable<A>) {
    return awaitable.joined();
  } else {
    return to_task(std::forward<A>(awaitable));
  }
}

/// The options of a fan-out among whose children some run already. So that none of them is left
/// running, every child is started: after a failure, or in no time at all, just to be stopped.
struct JoinOptions : GatherOptions {
  using starts_all = void;

  explicit JoinOptions(const NoOptions&) noexcept {}
  explicit JoinOptions(const GatherOptions& options) noexcept : GatherOptions{options} {
    for (std::optional<Timeout>* time : {&timeout, &task_timeout}) {
      if (*time && (*time)->is_now()) *time = std::chrono::nanoseconds{1};
    }
  }
};

/// Throws `CancelledError` in a task that is asked to stop. Never suspends.
class StopIfAsked {
 public:
  using resumes_at_home = void;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    asked_ = asked_to_stop(context_of(awaiting));
    return false;
  }
  void await_resume() const {
    if (asked_) throw CancelledError{};
  }

 private:
  bool asked_ = false;
};

/// A child that does not run yet, beside some that do: it never starts once it is asked to stop.
template <class T>
Task<T> unless_stopped(Task<T> task) {
  co_await StopIfAsked{};
  co_return co_await std::move(task);
}
template <class A>
auto to_child_among_joined(A&& awaitable) {
  if constexpr (Joinable<A>) {
    return awaitable.joined();
  } else {
    auto task = to_task(std::forward<A>(awaitable));
    if (!task) throw_no_task("co_await gather()");
    return unless_stopped(std::move(task));
  }
}

/// Whether a view is that of a container, which holds its elements.
template <class View>
inline constexpr bool kOfContainer = false;
template <class Range>
inline constexpr bool kOfContainer<std::ranges::ref_view<Range>> = true;
template <class Range>
inline constexpr bool kOfContainer<std::ranges::owning_view<Range>> = true;

/// The children of `gather(range)`: the elements of the range.
template <class View>
class GatheredChildren {
 public:
  using value_type = await_result_t<std::ranges::range_reference_t<View>>;
  static constexpr bool kSized = ElementSource<View>::kSized;
  static constexpr const char* kCall = "gather";
  /// Whether they run before they are asked for.
  static constexpr bool kRunAlready = Joinable<std::ranges::range_reference_t<View>> &&
                                      std::is_reference_v<std::ranges::range_reference_t<View>> &&
                                      std::ranges::forward_range<View>;

  explicit GatheredChildren(ElementSource<View> source) : source_(std::move(source)) {}

  /// Throws `std::logic_error` if one of them is not a task any more, while nothing has started.
  /// Only for containers and what lies side by side: a view may make its elements on the way.
  void check() {
    if constexpr (kStay) {
      if (source_.any_of([](auto& task) { return !task; })) [[unlikely]]
        throw_no_task(kCall);
    }
  }

  bool advance() { return source_.advance_further(); }
  Task<value_type> make() {
    return source_.with_current([](auto&& element) -> Task<value_type> {
      return to_child(std::forward<decltype(element)>(element));
    });
  }
  [[nodiscard]] bool ended() const noexcept { return source_.ended(); }
  [[nodiscard]] std::optional<std::size_t> size() { return source_.size(); }

 private:
  using Reference = std::ranges::range_reference_t<View>;
  static constexpr bool kStay = std::ranges::forward_range<View> &&
                                (kOfContainer<View> || std::ranges::contiguous_range<View>) &&
                                std::is_lvalue_reference_v<Reference> &&
                                kIsTask<std::remove_cvref_t<Reference>>;

  ElementSource<View> source_;
};

/// How an element is kept for a function in another thread: by reference where it stays where it
/// is, by value where it goes away or is overwritten by the next one.
template <class View>
using KeptElement =
    std::conditional_t<std::ranges::forward_range<View> &&
                           std::is_lvalue_reference_v<std::ranges::range_reference_t<View>>,
                       std::ranges::range_reference_t<View>,
                       std::remove_cvref_t<std::ranges::range_reference_t<View>>>;

template <class Func, class... View>
concept AsyncOver = std::invocable<Func&, std::ranges::range_reference_t<View>...> &&
                    Awaitable<std::invoke_result_t<Func&, std::ranges::range_reference_t<View>...>>;

/// The children of `map`: calls of a function that returns an awaitable,
template <class Func, class... View>
class MappedChildren {
 public:
  using value_type =
      await_result_t<std::invoke_result_t<Func&, std::ranges::range_reference_t<View>...>>;
  static constexpr bool kSized = ElementSource<View...>::kSized;
  static constexpr const char* kCall = "map";

  MappedChildren(Func func, ElementSource<View...> source, lowlevel::BlockingPool*)
      : func_(std::move(func)), source_(std::move(source)) {}

  bool advance() { return source_.advance_further(); }
  Task<value_type> make() {
    return source_.with_current([this](auto&&... element) -> Task<value_type> {
      return to_child(std::invoke(func_, std::forward<decltype(element)>(element)...));
    });
  }
  [[nodiscard]] bool ended() const noexcept { return source_.ended(); }
  [[nodiscard]] std::optional<std::size_t> size() { return source_.size(); }

 private:
  Func func_;
  ElementSource<View...> source_;
};

/// or of a plain function, in a thread.
template <class Func, class... View>
  requires(!AsyncOver<Func, View...>)
class MappedChildren<Func, View...> {
  using Bound = BoundFunction<Func&, KeptElement<View>...>;

 public:
  using value_type = typename Bound::Result;
  static constexpr bool kSized = ElementSource<View...>::kSized;
  static constexpr const char* kCall = "map";

  MappedChildren(Func func, ElementSource<View...> source, lowlevel::BlockingPool* pool)
      : func_(std::move(func)), source_(std::move(source)), pool_{pool} {}

  bool advance() { return source_.advance_further(); }
  /// `at_once`: see `BlockingJob`. `timeout` is counted from when the function starts.
  Task<value_type> make(std::size_t at_once, const std::optional<Timeout>& timeout) {
    return source_.with_current([&](auto&&... element) -> Task<value_type> {
      Bound bound{std::in_place, func_, std::forward<decltype(element)>(element)...};
      if (!timeout) return in_thread(std::move(bound), pool_, at_once);
      if (timeout->is_now()) return timed(in_thread(std::move(bound), pool_, at_once), *timeout);
      return timed_in_thread(std::move(bound), pool_, at_once, *timeout);
    });
  }
  [[nodiscard]] bool ended() const noexcept { return source_.ended(); }
  [[nodiscard]] std::optional<std::size_t> size() { return source_.size(); }

 private:
  static Task<value_type> in_thread(Bound bound, lowlevel::BlockingPool* pool,
                                    std::size_t at_once) {
    co_return co_await ThreadAwaiter<Bound>{std::move(bound), pool, at_once};
  }
  static Task<value_type> timed_in_thread(Bound bound, lowlevel::BlockingPool* pool,
                                          std::size_t at_once, Timeout timeout) {
    co_return co_await TimedThreadAwaiter<Bound>{std::move(bound), pool, at_once, timeout};
  }

  Func func_;
  ElementSource<View...> source_;
  lowlevel::BlockingPool* pool_;
};

}  // namespace mtaio::internal
