#include <mtaio/coro/promise.hpp>

#include <mtaio/lowlevel/contract.hpp>

namespace mtaio::internal {

void misplaced_frame() noexcept {
  lowlevel::contract_violation(
      "Task: this compiler, GCC before 13, has misplaced the frame of a coroutine that awaits in a "
      "condition and has no variable of its own. The coroutine cannot run. Name the result: "
      "'const bool yes = co_await f(); if (yes) ...' (docs/compilers.md).");
}

}  // namespace mtaio::internal
