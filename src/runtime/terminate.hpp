/// What is said when a `CancelledError` ends the program.
#pragma once

namespace mtaio::runtime {

/// From now on, when the program is ended by a `CancelledError` that left main() or another
/// function that lets no exception out, standard error says what happened. It is not a
/// `std::exception`, so the handler that was there before, which is called then, prints no more
/// than its type. The first call counts.
void explain_cancelled_error_at_end() noexcept;

}  // namespace mtaio::runtime
