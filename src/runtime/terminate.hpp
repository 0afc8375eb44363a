/// The message that explains a `CancelledError` that ends the program.
#pragma once

namespace mtaio::runtime {

/// From now on, when a `CancelledError` that leaves main() or another function that lets no
/// exception out ends the program, the program prints to standard error what happened. The
/// terminate handler that was set before is called afterwards; alone it would print no more than
/// the type, because a `CancelledError` is not a `std::exception`. Only the first call does this.
void explain_cancelled_error_at_end() noexcept;

}  // namespace mtaio::runtime
