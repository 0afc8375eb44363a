/// Walks one or more ranges in step, one element at a time.
#pragma once

#include <mtaio/base/ranges.hpp>
#include <mtaio/fan_out/kept_range.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// A range that is walked once, and the current position. The iterator is not advanced before the
/// next element is wanted.
template <std::ranges::input_range View>
class Cursor {
 public:
  using Reference = std::ranges::range_reference_t<View>;

  explicit Cursor(View view) : view_(std::move(view)) {}
  /// Called only before the walk.
  Cursor(Cursor&& other) noexcept(std::is_nothrow_move_constructible_v<View>)
      : view_(std::move(other.view_)) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor() = default;

  /// Moves to the first element, then to the next one. Returns false if no element is left; then it
  /// must not be called again.
  bool advance() {
    if (position_) {
      ++*position_;
    } else {
      position_.emplace(std::ranges::begin(view_));
    }
    return *position_ != std::ranges::end(view_);
  }
  Reference current() { return **position_; }

  /// Whether `predicate` holds for an element. Called before the walk. If the range throws, returns
  /// false: the walk will throw the exception again.
  template <class Predicate>
  [[nodiscard]] bool any_of(Predicate predicate) noexcept {
    try {
      for (auto&& element : view_) {
        if (predicate(element)) return true;
      }
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
    return false;
  }

  static constexpr bool kSized = std::ranges::sized_range<View>;
  [[nodiscard]] std::size_t size() { return static_cast<std::size_t>(std::ranges::size(view_)); }

 private:
  View view_;
  std::optional<std::ranges::iterator_t<View>> position_;
};

/// One or more ranges walked in step; it ends with the shortest.
template <class... View>
class ElementSource {
 public:
  explicit ElementSource(View... view) : cursors_{Cursor<View>{std::move(view)}...} {}

  /// See `Kept`.
  template <class... Range>
  static ElementSource of(Range&&... range) {
    return ElementSource{View(std::forward<Range>(range))...};
  }

  /// Moves to the next elements. Returns false if a range has ended, now or before, or has thrown
  /// before.
  bool advance() { return !ended_ && advance_further(); }
  /// As advance(). REQUIRES: `ended()` is false.
  bool advance_further() {
    try {
      if (advance_all(Indices{})) return true;
    } catch (...) {
      ended_ = true;
      throw;
    }
    ended_ = true;
    return false;
  }

  /// Calls `function` with the current elements.
  template <class Function>
  decltype(auto) with_current(Function&& function) {
    return call_with_current(std::forward<Function>(function), Indices{});
  }

  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// Whether `predicate` holds for an element of the only range. Called before the walk.
  template <class Predicate>
  [[nodiscard]] bool any_of(Predicate predicate) noexcept {
    static_assert(sizeof...(View) == 1);
    return std::get<0>(cursors_).any_of(predicate);
  }

  /// Whether size() always returns a number.
  static constexpr bool kSized = (Cursor<View>::kSized && ...);

  /// The number of elements, if all ranges know theirs. Called before the walk.
  [[nodiscard]] std::optional<std::size_t> size() {
    if constexpr (kSized) {
      return shortest(Indices{});
    } else {
      return std::nullopt;
    }
  }

 private:
  using Indices = std::index_sequence_for<View...>;

  // Not std::apply(), which takes the compiler several times as long.
  template <std::size_t... kI>
  bool advance_all(std::index_sequence<kI...>) {
    return (std::get<kI>(cursors_).advance() && ...);
  }
  template <class Function, std::size_t... kI>
  decltype(auto) call_with_current(Function&& function, std::index_sequence<kI...>) {
    return std::forward<Function>(function)(std::get<kI>(cursors_).current()...);
  }
  template <std::size_t... kI>
  std::size_t shortest(std::index_sequence<kI...>) {
    auto least = static_cast<std::size_t>(-1);
    const auto consider = [&](std::size_t size) { least = size < least ? size : least; };
    (consider(std::get<kI>(cursors_).size()), ...);
    return least;
  }

  std::tuple<Cursor<View>...> cursors_;
  bool ended_ = false;
};

template <class... Range>
using SourceOf = ElementSource<Kept<Range>...>;

}  // namespace mtaio::internal
