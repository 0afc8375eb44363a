/// Misuse that cannot be an exception.
#pragma once

#include <string_view>

namespace mtaio::lowlevel {

/// Prints "mtaio: <message>" on standard error and aborts. For rules whose violation is found where
/// nothing can be thrown any more, in destructors above all. The message names the object, the rule
/// and what to do.
[[noreturn, gnu::cold, gnu::visibility("default")]] void contract_violation(
    std::string_view message) noexcept;

}  // namespace mtaio::lowlevel
