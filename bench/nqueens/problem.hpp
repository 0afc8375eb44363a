/// The number of ways to place n queens on a board of n by n so that none attacks another, by
/// trial: a task for each queen placed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace bench {

inline constexpr std::size_t kMaxQueens = 15;

/// A range of columns of a board.
class Columns {  // NOLINT(*-pro-type-member-init): filling unused elements takes time
 public:
  void add(std::size_t column) { columns_[count_++] = column; }

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t operator[](std::size_t i) const { return columns_[i]; }
  [[nodiscard]] const std::size_t* begin() const { return columns_.data(); }
  [[nodiscard]] const std::size_t* end() const { return columns_.data() + count_; }

 private:
  std::array<std::size_t, kMaxQueens> columns_;  // the first count_ of them
  std::size_t count_ = 0;
};

/// The queens in the first rows of a board, as the squares that they attack in the next row: bit i
/// is column i.
struct Board {
  std::uint32_t columns = 0;
  std::uint32_t leftwards = 0;   // diagonals
  std::uint32_t rightwards = 0;  // diagonals
  std::uint32_t rows = 0;

  /// The columns where the next queen may be placed.
  [[nodiscard]] Columns allowed(std::size_t n) const {
    Columns allowed;
    const std::uint32_t attacked = columns | leftwards | rightwards;
    for (std::size_t column = 0; column < n; ++column) {
      if ((attacked >> column & 1U) == 0) allowed.add(column);
    }
    return allowed;
  }
  [[nodiscard]] Board with(std::size_t column) const {
    const std::uint32_t queen = 1U << column;
    return {columns | queen, (leftwards | queen) >> 1U, (rightwards | queen) << 1U, rows + 1};
  }
};

/// The number of ways, from the literature.
inline std::size_t known_ways(std::size_t n) {
  constexpr std::array<std::size_t, kMaxQueens + 1> kWays{
      1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596, 2279184};
  if (n > kMaxQueens) {
    std::fputs("nqueens: n is at most 15.\n", stderr);
    std::exit(2);
  }
  return kWays[n];
}

}  // namespace bench
