#include <mtaio/lowlevel/timed_task.hpp>

#include "base/exception_cast.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace mtaio::lowlevel {

namespace {

// Made before it is thrown, so that no string is left to be destroyed on the way.
TimeoutError timed_out_after(std::chrono::duration<double> seconds) {
  return TimeoutError{"the time ran out after " + std::to_string(seconds.count()) + " s"};
}

std::logic_error no_task(const char* where) {
  return std::logic_error{std::string{where} +
                          ": there is no task; it was awaited before, or moved from."};
}

}  // namespace

bool is_cancelled(const std::exception_ptr& error) noexcept {
  return exception_cast<CancelledError>(error) != nullptr;
}

void throw_timed_out(Timeout timeout) { throw timed_out_after(timeout.nanoseconds()); }

void throw_no_task(const char* where) { throw no_task(where); }

}  // namespace mtaio::lowlevel
