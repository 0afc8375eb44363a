#include <mtaio/coro/promise.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/contract.hpp>

#include <stdexcept>

namespace mtaio::internal {

lowlevel::Scheduler& current_scheduler() {
  const ThreadContext& thread = this_thread();
  if (thread.root()) return thread.root()->scheduler();
  if (thread.worker()) return thread.worker()->scheduler;
  throw std::logic_error{
      "co_await: this would wait, but the coroutine runs outside a runtime; start it with "
      "mtaio::run()."};
}

void misplaced_frame() noexcept {
  lowlevel::contract_violation(
      "Task: this compiler, GCC before 13, has misplaced the frame of a coroutine that awaits in a "
      "condition and has no variable of its own. The coroutine cannot run. Name the result: "
      "'const bool yes = co_await f(); if (yes) ...' (docs/compilers.md).");
}

}  // namespace mtaio::internal
