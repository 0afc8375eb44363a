/// How many operations in a row a task may complete without waiting.
#pragma once

#include <mtaio/coro/thread_context.hpp>

namespace mtaio::internal {

/// Asked by operations that did not have to wait. False once in a while: then the task lets others
/// run first, so that two tasks that never make each other wait cannot keep a worker to themselves.
/// Not in a coroutine, nor where it may be inlined into one.
[[nodiscard]] inline bool consume_budget() noexcept {
  ThreadContext& thread = this_thread_inlined();
  return thread.worker == nullptr || --thread.budget > 0;
}

/// Whether `consume_budget()` was false just now. Where that may be called.
[[nodiscard]] inline bool budget_is_spent() noexcept {
  const ThreadContext& thread = this_thread_inlined();
  return thread.worker != nullptr && thread.budget <= 0;
}
/// Takes back what `consume_budget()` has counted: the operation is going to wait after all, or
/// fails. Where that may be called.
inline void refund_budget() noexcept {
  ThreadContext& thread = this_thread_inlined();
  if (thread.worker != nullptr) ++thread.budget;
}

}  // namespace mtaio::internal
