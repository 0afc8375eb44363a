/// A program that is checked and accesses what is not there.
#pragma once

#include <signal.h>  // NOLINT(*-deprecated-headers): <csignal> does not declare sigaction

#include <memory>

namespace mtaio::testing::interleave {

/// While it lives, a segmentation fault of the program ends the execution as a failure, instead of
/// the process. That is also how a stack ends that is full.
class CrashHandler {
 public:
  CrashHandler();
  CrashHandler(const CrashHandler&) = delete;
  CrashHandler& operator=(const CrashHandler&) = delete;
  ~CrashHandler();

 private:
  /// The handler's own stack: that of the program may be full.
  std::unique_ptr<char[]> stack_;
  stack_t stack_before_{};
};

}  // namespace mtaio::testing::interleave
