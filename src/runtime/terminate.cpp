#include "runtime/terminate.hpp"

#include <mtaio/exceptions.hpp>

#include "base/exception_cast.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace mtaio::runtime {
namespace {

constinit std::terminate_handler handler_before = nullptr;

[[noreturn]] void explain_and_end() {
  if (internal::exception_cast<CancelledError>(std::current_exception()) != nullptr) {
    std::fputs(
        "mtaio: a CancelledError left main(), or another function that lets no exception out: the "
        "task was asked to stop. It is not a std::exception. Catch mtaio::CancelledError around "
        "run() as well.\n",
        stderr);
    std::fflush(stderr);
  }
  if (handler_before) handler_before();
  std::abort();
}

}  // namespace

void explain_cancelled_error_at_end() noexcept {
  [[maybe_unused]] static const bool installed = [] {
    handler_before = std::set_terminate(&explain_and_end);
    return true;
  }();
}

}  // namespace mtaio::runtime
