#include <mtaio/lowlevel/contract.hpp>

#include <cstdio>
#include <cstdlib>

namespace mtaio::lowlevel {
namespace {

thread_local constinit const ContractNote* innermost_note = nullptr;

}  // namespace

ContractNote::ContractNote(Print print, const void* subject) noexcept
    : print_{print}, subject_{subject}, outer_{innermost_note} {
  innermost_note = this;
}

ContractNote::~ContractNote() { innermost_note = outer_; }

void contract_violation(std::string_view message) noexcept {
  std::fprintf(stderr, "mtaio: %.*s\n", static_cast<int>(message.size()), message.data());
  if (innermost_note) std::fprintf(stderr, "mtaio: in %s\n", innermost_note->text().c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace mtaio::lowlevel
