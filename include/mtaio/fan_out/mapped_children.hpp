/// Makes the children of `map`.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/base/invoke.hpp>
#include <mtaio/base/ranges.hpp>
#include <mtaio/fan_out/child_in_thread.hpp>
#include <mtaio/fan_out/element_source.hpp>
#include <mtaio/fan_out/to_child.hpp>
#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/task.hpp>
#include <mtaio/threads/bound_function.hpp>
#include <mtaio/timeout.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// How an element is passed to a function in another thread: by reference if the element stays
/// where it is; by value if the range destroys or overwrites the element when the range is
/// advanced.
template <class View>
using KeptElement =
    std::conditional_t<std::ranges::forward_range<View> &&
                           std::is_lvalue_reference_v<std::ranges::range_reference_t<View>>,
                       std::ranges::range_reference_t<View>,
                       std::remove_cvref_t<std::ranges::range_reference_t<View>>>;

/// A function that returns an awaitable when it is called with elements of the ranges.
template <class Func, class... View>
concept AsyncOver = std::invocable<Func&, std::ranges::range_reference_t<View>...> &&
                    Awaitable<std::invoke_result_t<Func&, std::ranges::range_reference_t<View>...>>;

/// A function and the ranges whose elements it is called with.
template <class Func, class... View>
class MappedElements {
 public:
  static constexpr bool kSized = ElementSource<View...>::kSized;
  static constexpr const char* kCall = "map";

  bool advance() { return source_.advance_further(); }
  [[nodiscard]] bool ended() const noexcept { return source_.ended(); }
  [[nodiscard]] std::optional<std::size_t> size() { return source_.size(); }

 protected:
  MappedElements(Func func, ElementSource<View...> source)
      : func_(std::move(func)), source_(std::move(source)) {}

  Func func_;
  ElementSource<View...> source_;
};

/// The children are calls of a function that returns an awaitable. For the members see
/// `RangeFanOut`.
template <class Func, class... View>
class MappedChildren : public MappedElements<Func, View...> {
 public:
  using value_type =
      await_result_t<std::invoke_result_t<Func&, std::ranges::range_reference_t<View>...>>;

  MappedChildren(Func func, ElementSource<View...> source, lowlevel::BlockingPool*)
      : MappedElements<Func, View...>{std::move(func), std::move(source)} {}

  Task<value_type> make() {
    return this->source_.with_current([this](auto&&... element) -> Task<value_type> {
      return to_child(internal::invoke(this->func_, std::forward<decltype(element)>(element)...));
    });
  }
};

/// The children are calls of a plain function, each in a thread of `pool`.
template <class Func, class... View>
  requires(!AsyncOver<Func, View...>)
class MappedChildren<Func, View...> : public MappedElements<Func, View...> {
  using Bound = BoundFunction<Func&, KeptElement<View>...>;

 public:
  using value_type = typename Bound::Result;

  MappedChildren(Func func, ElementSource<View...> source, lowlevel::BlockingPool* pool)
      : MappedElements<Func, View...>{std::move(func), std::move(source)}, pool_{pool} {}

  Task<value_type> make(std::size_t limit, const std::optional<Timeout>& timeout) {
    return this->source_.with_current([&](auto&&... element) -> Task<value_type> {
      return child_in_thread(
          Bound{std::in_place, this->func_, std::forward<decltype(element)>(element)...}, pool_,
          limit, timeout);
    });
  }

 private:
  lowlevel::BlockingPool* pool_;
};

}  // namespace mtaio::internal
