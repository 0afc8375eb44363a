/// Misuse that cannot be an exception.
#pragma once

#include <string>
#include <string_view>

namespace mtaio::lowlevel {

/// Prints "mtaio: <message>" on standard error and aborts. For rules whose violation is found where
/// nothing can be thrown any more, in destructors above all. The message names the object, the rule
/// and what to do.
[[noreturn, gnu::cold, gnu::visibility("default")]] void contract_violation(
    std::string_view message) noexcept;

/// While it lives, `contract_violation()` on this thread also prints what `print(of)` returns:
/// where it happened.
class [[gnu::visibility("default")]] ContractNote {
 public:
  using Print = std::string (*)(const void* of);

  ContractNote(Print print, const void* of) noexcept;
  ContractNote(const ContractNote&) = delete;
  ContractNote& operator=(const ContractNote&) = delete;
  ~ContractNote();

  [[nodiscard]] std::string text() const { return print_(of_); }

 private:
  const Print print_;
  const void* const of_;
  const ContractNote* const outer_;
};

}  // namespace mtaio::lowlevel
