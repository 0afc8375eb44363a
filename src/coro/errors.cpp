#include <mtaio/coro/errors.hpp>

#include <mtaio/exceptions.hpp>

#include "base/exception_cast.hpp"
#include "base/text.hpp"
#include "base/while_stopping.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace mtaio::internal {

namespace {

// Made before it is thrown, so that no string has to be destroyed while the exception propagates.
std::logic_error no_task(const char* where) {
  return std::logic_error{
      text({where, ": there is no task; it was awaited before, or moved from."})};
}

}  // namespace

bool is_cancelled(const std::exception_ptr& error) noexcept {
  return exception_cast<CancelledError>(error) != nullptr;
}

bool is_cancelled_in(lowlevel::StopScope* scope, const std::exception_ptr& error) noexcept {
  return is_cancelled(error) && scope != nullptr && scope->notice_if_requested_nearby();
}

std::exception_ptr failure_while_stopping(const std::exception_ptr& error) noexcept {
  return is_cancelled(error) ? nested_in_cancelled(error) : without_wrapping(error);
}

void throw_timed_out(Timeout timeout, const std::exception_ptr& while_stopping) {
  const std::chrono::duration<double> seconds = timeout.nanoseconds();
  throw_timeout_error(text({"the time ran out after ", std::to_string(seconds.count()), " s"}),
                      while_stopping);
}

void throw_no_task(const char* where) { throw no_task(where); }

}  // namespace mtaio::internal
