#include <mtaio/limit.hpp>

#include "base/text.hpp"

#include <stdexcept>

namespace mtaio::internal {

void throw_limit_below_one(std::intmax_t value) {
  throw std::invalid_argument{text({"Limit(", value,
                                    "): at least one task must be allowed to run; use "
                                    "mtaio::no_limit to run any number at once."})};
}

}  // namespace mtaio::internal
