/// The greatest number of tasks that run concurrently.
#pragma once

#include <mtaio/base/count.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace mtaio {

namespace internal {
[[noreturn, gnu::visibility("default")]] void throw_limit_below_one(std::intmax_t value);
}

/// The greatest number of tasks that have been started and have not finished. Converts from any
/// integer, but not from a bool or a character.
///
/// Throws `std::invalid_argument` for a number below 1.
class Limit {
 public:
  template <internal::Count Integer>
  constexpr Limit(Integer value) : value_{checked(value)} {}  // NOLINT(*-explicit-*): 8 is a Limit

  [[nodiscard]] constexpr std::size_t value() const noexcept { return value_; }

  friend constexpr bool operator==(Limit, Limit) noexcept = default;

 private:
  template <class Integer>
  static constexpr std::size_t checked(Integer value) {
    if (value < 1) internal::throw_limit_below_one(static_cast<std::intmax_t>(value));
    if (std::cmp_greater(value, std::numeric_limits<std::size_t>::max())) {
      return std::numeric_limits<std::size_t>::max();
    }
    return static_cast<std::size_t>(value);
  }

  std::size_t value_;
};

/// Any number of tasks may run concurrently.
inline constexpr Limit no_limit{std::numeric_limits<std::size_t>::max()};

}  // namespace mtaio
