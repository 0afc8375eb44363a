#include <mtaio/base/single_use.hpp>

#include "base/text.hpp"

#include <stdexcept>

namespace mtaio::internal {

namespace {

// A function of its own, so that the throw has no local string to destroy.
std::logic_error used_up(const char* call) {
  constexpr const char* kWhat =
      "(): the operation was awaited before, or moved from. It can be awaited once; call ";
  return std::logic_error{text({"co_await ", call, kWhat, call, "() again for another one."})};
}

}  // namespace

void throw_used_up(const char* call) { throw used_up(call); }

}  // namespace mtaio::internal
