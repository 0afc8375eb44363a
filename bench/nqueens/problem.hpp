/// In how many ways n queens fit on a board of n by n without attacking each other, by trying: a
/// task for each queen placed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <iterator>

namespace bench {

inline constexpr std::size_t kMaxQueens = 16;

/// Queens in the first rows of a board.
struct Board {
  std::array<char, kMaxQueens> column{};
  std::size_t rows = 0;

  [[nodiscard]] bool allows(std::size_t next) const {
    for (std::size_t row = 0; row < rows; ++row) {
      const long sideways = std::labs(column[row] - static_cast<long>(next));
      if (sideways == 0 || sideways == static_cast<long>(rows - row)) return false;
    }
    return true;
  }
  [[nodiscard]] Board with(std::size_t next) const {
    Board board = *this;
    board.column[board.rows++] = static_cast<char>(next);
    return board;
  }
};

/// The number of ways, as the literature has it.
inline std::size_t known_ways(std::size_t n) {
  constexpr std::array<std::size_t, 16> kWays{1,  1,   0,   0,    2,     10,    4,      40,
                                              92, 352, 724, 2680, 14200, 73712, 365596, 2279184};
  if (n >= std::size(kWays)) std::exit(2);
  return kWays[n];
}

}  // namespace bench
