/// A tree of tasks. Every inner task starts ten more and adds up their results; the result of a
/// leaf is its number.
#pragma once

#include <cstddef>

namespace bench {

inline constexpr std::size_t kBranches = 10;

/// A node of the tree. The leaves below it are numbered from `first` on.
struct SkynetNode {
  std::size_t first;
  std::size_t leaves;

  [[nodiscard]] constexpr bool is_leaf() const { return leaves == 1; }
  [[nodiscard]] constexpr SkynetNode child(std::size_t i) const {
    return {first + i * (leaves / kBranches), leaves / kBranches};
  }
};

constexpr SkynetNode skynet_root(std::size_t depth) {
  std::size_t leaves = 1;
  while (depth-- > 0) leaves *= kBranches;
  return {0, leaves};
}

constexpr std::size_t skynet_sum(SkynetNode root) { return root.leaves * (root.leaves - 1) / 2; }

}  // namespace bench
