/// What makes the children of a fan-out over a range.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/lowlevel/blocking_call.hpp>
#include <mtaio/lowlevel/element_source.hpp>
#include <mtaio/lowlevel/timed_task.hpp>
#include <mtaio/lowlevel/timed_thread_call.hpp>
#include <mtaio/task.hpp>
#include <mtaio/timeout.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace mtaio::lowlevel {

/// The children of `gather(range)`: the elements of the range.
template <class View>
class GatheredChildren {
 public:
  using value_type = await_result_t<std::ranges::range_reference_t<View>>;
  static constexpr bool kSized = ElementSource<View>::kSized;
  static constexpr const char* kCall = "gather";

  explicit GatheredChildren(ElementSource<View> source) : source_(std::move(source)) {}

  /// Throws `std::logic_error` if one of them is no task any more, while nothing has started. Not
  /// where the range can be walked only once, or makes its elements on the way.
  void check() {
    if constexpr (kStay) {
      if (source_.any_of([](auto& task) { return !task; })) [[unlikely]]
        throw_no_task(kCall);
    }
  }

  bool advance() { return source_.advance_further(); }
  Task<value_type> make() {
    return source_.with_current([](auto&& element) -> Task<value_type> {
      return to_task(std::forward<decltype(element)>(element));
    });
  }
  [[nodiscard]] bool ended() const noexcept { return source_.ended(); }
  [[nodiscard]] std::optional<std::size_t> size() { return source_.size(); }

 private:
  using Reference = std::ranges::range_reference_t<View>;
  static constexpr bool kStay = std::ranges::forward_range<View> &&
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

  MappedChildren(Func func, ElementSource<View...> source, BlockingPool*)
      : func_(std::move(func)), source_(std::move(source)) {}

  bool advance() { return source_.advance_further(); }
  Task<value_type> make() {
    return source_.with_current([this](auto&&... element) -> Task<value_type> {
      return to_task(std::invoke(func_, std::forward<decltype(element)>(element)...));
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
  using Bound = BoundCall<Func&, KeptElement<View>...>;

 public:
  using value_type = typename Bound::Result;
  static constexpr bool kSized = ElementSource<View...>::kSized;
  static constexpr const char* kCall = "map";

  MappedChildren(Func func, ElementSource<View...> source, BlockingPool* pool)
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
  static Task<value_type> in_thread(Bound bound, BlockingPool* pool, std::size_t at_once) {
    co_return co_await ThreadCall<Bound>{std::move(bound), pool, at_once};
  }
  static Task<value_type> timed_in_thread(Bound bound, BlockingPool* pool, std::size_t at_once,
                                          Timeout timeout) {
    co_return co_await TimedThreadCall<Bound>{std::move(bound), pool, at_once, timeout};
  }

  Func func_;
  ElementSource<View...> source_;
  BlockingPool* pool_;
};

}  // namespace mtaio::lowlevel
