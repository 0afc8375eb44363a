#include <mtaio/lowlevel/contract.hpp>

#include <cstdio>
#include <cstdlib>

namespace mtaio::lowlevel {

void contract_violation(std::string_view message) noexcept {
  std::fprintf(stderr, "mtaio: %.*s\n", static_cast<int>(message.size()), message.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace mtaio::lowlevel
