/// Misuse that cannot be reported by an exception.
#pragma once

#include <string>
#include <string_view>

namespace mtaio::lowlevel {

/// Prints "mtaio: <message>" on standard error and aborts. For broken rules that are found where
/// nothing can be thrown, mostly in destructors. The message names the object, the rule, and what
/// to do.
[[noreturn, gnu::visibility("default")]] void contract_violation(std::string_view message) noexcept;

/// While it exists, `contract_violation()` on this thread also prints `print(subject)`, which says
/// where it happened.
class [[gnu::visibility("default")]] ContractNote {
 public:
  using Print = std::string (*)(const void* subject);

  ContractNote(Print print, const void* subject) noexcept;
  ContractNote(const ContractNote&) = delete;
  ContractNote& operator=(const ContractNote&) = delete;
  ~ContractNote();

  [[nodiscard]] std::string text() const { return print_(subject_); }

 private:
  const Print print_;
  const void* const subject_;
  /// The note that was innermost before.
  const ContractNote* const outer_;
};

}  // namespace mtaio::lowlevel
