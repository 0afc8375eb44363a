/// The message that explains a `CancelledError` that ends the program.
#pragma once

namespace mtaio::runtime {

/// Installs a terminate handler: if a `CancelledError` ends the program, because it leaves main()
/// or a noexcept function, the handler prints to standard error what happened. Then it calls the
/// previous handler, which alone would print no more than the type, because a `CancelledError` is
/// not a `std::exception`. Only the first call installs it.
void explain_cancelled_error_at_end() noexcept;

}  // namespace mtaio::runtime
