/// What a task throws when its time is over or it was asked to stop, together with what went wrong
/// while it cleaned up.
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

/// What is nested in a `CancelledError`; null if nothing is, or if `error` is something else.
[[nodiscard]] std::exception_ptr nested_in_cancelled(const std::exception_ptr& error) noexcept;

/// The error itself, or the cause of an `ExecutionError` that says no more than that.
[[nodiscard]] const std::exception_ptr& without_wrapping(const std::exception_ptr& error) noexcept;

}  // namespace mtaio::internal
