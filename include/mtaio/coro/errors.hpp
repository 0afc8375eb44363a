/// The errors that every kind of operation throws, and how to tell them apart.
#pragma once

#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/timeout.hpp>

#include <exception>

namespace mtaio::internal {

/// Whether `error` is a `CancelledError`.
[[nodiscard, gnu::visibility("default")]] bool is_cancelled(
    const std::exception_ptr& error) noexcept;

/// Whether `error` is a `CancelledError` that answers a stop request to `scope` or a scope above
/// it. If so, notes that the request was noticed. A `CancelledError` without such a request is a
/// failure like any other.
[[nodiscard, gnu::visibility("default")]] bool is_cancelled_in(
    lowlevel::StopScope* scope, const std::exception_ptr& error) noexcept;

/// For a task that ended with `error` while it was being stopped: the failure. Null if `error` is a
/// plain `CancelledError`.
[[nodiscard, gnu::visibility("default")]] std::exception_ptr failure_while_stopping(
    const std::exception_ptr& error) noexcept;

/// Throws a `TimeoutError`, with `while_stopping` nested in it unless that is null.
[[noreturn, gnu::visibility("default")]] void throw_timed_out(
    Timeout timeout, const std::exception_ptr& while_stopping = nullptr);

/// Throws the `std::logic_error` for an empty task; `where` is the call that the task was passed
/// to.
[[noreturn, gnu::visibility("default")]] void throw_no_task(const char* where);

}  // namespace mtaio::internal
