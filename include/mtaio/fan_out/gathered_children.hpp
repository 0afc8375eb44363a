/// Makes the children of `gather(range)`.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/base/ranges.hpp>
#include <mtaio/coro/errors.hpp>
#include <mtaio/fan_out/element_source.hpp>
#include <mtaio/fan_out/to_child.hpp>
#include <mtaio/task.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// A view of all elements of a container, such as the views that `std::views::all` returns. It has
/// a `base()` that refers to the container, and the iterators of the container.
template <class View>
concept ViewsContainer = requires(View& view) {
  requires std::is_lvalue_reference_v<decltype(view.base())>;
  requires !std::ranges::view<std::remove_cvref_t<decltype(view.base())>>;
  requires std::same_as<std::ranges::iterator_t<View>,
                        std::ranges::iterator_t<decltype(view.base())>>;
};

/// The children are the elements of the range. For the members see `RangeFanOut`.
template <class View>
class GatheredChildren {
  using Reference = std::ranges::range_reference_t<View>;

 public:
  using value_type = await_result_t<Reference>;
  static constexpr bool kSized = ElementSource<View>::kSized;
  static constexpr const char* kCall = "gather";
  /// Whether the children run before the range is walked.
  static constexpr bool kRunAlready =
      Joinable<Reference> && std::is_reference_v<Reference> && std::ranges::forward_range<View>;

  explicit GatheredChildren(ElementSource<View> source) : source_(std::move(source)) {}

  /// Throws `std::logic_error` if an element is an empty task. Called before any child starts. Does
  /// nothing for a view that may create its elements during the walk.
  void check() {
    if constexpr (kHoldsTasks) {
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
  // A range that is not a view is a container, which holds its elements.
  static constexpr bool kHoldsTasks =
      std::ranges::forward_range<View> &&
      (!std::ranges::view<View> || std::ranges::contiguous_range<View> || ViewsContainer<View>) &&
      std::is_lvalue_reference_v<Reference> && kIsTask<std::remove_cvref_t<Reference>>;

  ElementSource<View> source_;
};

}  // namespace mtaio::internal
