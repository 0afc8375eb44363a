/// How a fan-out keeps the range that it walks.
#pragma once

#include <mtaio/base/ranges.hpp>

#include <type_traits>

namespace mtaio::internal {

/// A range that belongs to the caller.
template <std::ranges::range Range>
class BorrowedRange {
 public:
  explicit BorrowedRange(Range& range) noexcept : range_{__builtin_addressof(range)} {}

  [[nodiscard]] auto begin() const { return std::ranges::begin(*range_); }
  [[nodiscard]] auto end() const { return std::ranges::end(*range_); }
  [[nodiscard]] auto size() const
    requires std::ranges::sized_range<Range>
  {
    return std::ranges::size(*range_);
  }

 private:
  Range* range_;
};

/// How a range is kept that is passed as a `Range&&`: a view as a copy; any other lvalue by
/// reference; any other rvalue by value. The same as `std::views::all`, whose header is large.
template <std::ranges::viewable_range Range>
using Kept =
    std::conditional_t<std::ranges::view<std::remove_cvref_t<Range>> ||
                           !std::is_lvalue_reference_v<Range>,
                       std::remove_cvref_t<Range>, BorrowedRange<std::remove_reference_t<Range>>>;

}  // namespace mtaio::internal
