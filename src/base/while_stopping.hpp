/// Errors that carry what a task threw while it was stopping.
#pragma once

#include <exception>
#include <string>

namespace mtaio::internal {

/// Throws a `TimeoutError` that says `text`, with `while_stopping` nested in it unless that is
/// null.
[[noreturn]] void throw_timeout_error(const std::string& text,
                                      const std::exception_ptr& while_stopping);

/// Throws a `CancelledError`, with `while_stopping` nested in it unless that is null.
[[noreturn]] void throw_cancelled_error(const std::exception_ptr& while_stopping);

/// The exception nested in `error` if that is a `CancelledError`; null if it is not, or has none.
[[nodiscard]] std::exception_ptr nested_in_cancelled(const std::exception_ptr& error) noexcept;

/// The cause of `error` if that is an `ExecutionError` without an index, which says no more than
/// its cause; otherwise `error`.
[[nodiscard]] const std::exception_ptr& without_wrapping(const std::exception_ptr& error) noexcept;

}  // namespace mtaio::internal
