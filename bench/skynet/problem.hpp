/// A tree in which every inner task starts ten more and adds up what they bring; the leaves bring
/// their number.
#pragma once

#include <cstddef>

namespace bench {

inline constexpr std::size_t kBranches = 10;

/// A node of the tree: the leaves below it have the numbers from `first` on.
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
