#include <mtaio/limit.hpp>

#include <stdexcept>
#include <string>

namespace mtaio::internal {

void throw_limit_below_one(std::intmax_t value) {
  throw std::invalid_argument{"Limit(" + std::to_string(value) +
                              "): at least one task must be allowed to run; use mtaio::no_limit "
                              "to run any number at once."};
}

}  // namespace mtaio::internal
