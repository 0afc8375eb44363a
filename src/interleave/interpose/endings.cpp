/// Functions that end the program: here they end the execution, as a failure.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/interpose/real.hpp"
#include "interleave/world.hpp"

#include <atomic>
#include <cassert>
#include <cstdlib>
#include <exception>
#include <string>

using namespace mtaio::testing::interleave;

namespace {

std::string& failed_assertion() noexcept {
  static std::string text;
  return text;
}

}  // namespace

// The handler would stay when the execution ends.
[[gnu::visibility("default")]] std::terminate_handler std::set_terminate(
    std::terminate_handler handler) noexcept {
  if (active()) return std::get_terminate();
  using SetTerminate = std::terminate_handler (*)(std::terminate_handler) noexcept;
  static constinit std::atomic<void*> found{nullptr};
  return real_function<SetTerminate>(found, "_ZSt13set_terminatePFvvE")(handler);
}

MTAIO_EXPORT void abort() noexcept {
  if (active()) fail(FailureKind::kTerminated, "abort() was called.", MTAIO_SITE);
  MTAIO_REAL(abort)();
  __builtin_unreachable();
}

MTAIO_EXPORT void exit(int status) noexcept {
  if (active()) fail(FailureKind::kTerminated, "exit() was called.", MTAIO_SITE);
  MTAIO_REAL(exit)(status);
  __builtin_unreachable();
}

MTAIO_EXPORT void __assert_fail(const char* assertion, const char* file, unsigned line,
                                const char* function) noexcept {
  if (!active()) MTAIO_REAL(__assert_fail)(assertion, file, line, function);
  {
    const NotTheProgram scope;
    failed_assertion() = std::string{"assert("} + assertion + ") at " + file + ":" +
                         std::to_string(line) + " in " + function;
  }
  fail(FailureKind::kAssertion, failed_assertion(), MTAIO_SITE);
}
