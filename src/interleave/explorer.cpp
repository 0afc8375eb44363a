#include "interleave/explorer.hpp"

#include <bit>

namespace mtaio::testing::interleave {

int Moment::usual() const noexcept {
  return contains(enabled, current) ? current : std::countr_zero(enabled);
}

}  // namespace mtaio::testing::interleave
