/// How many operations in a row a task may complete without waiting.
///
/// A task whose operations never have to wait would keep its worker forever. So each operation
/// consumes one unit of the budget that `run_job()` sets for a job. When the budget is spent, the
/// operation yields: the task goes to the back of the ready queue.
///
/// None of these functions may be called in a coroutine, or in a function that is inlined into one.
#pragma once

#include <mtaio/coro/thread_context.hpp>

namespace mtaio::internal {

/// Consumes one unit; returns false once the budget is spent. Always true outside a worker.
[[nodiscard]] inline bool consume_budget() noexcept {
  return this_thread_inlined().consume_budget();
}

/// Whether the last call of `consume_budget()` on this thread returned false.
[[nodiscard]] inline bool budget_is_spent() noexcept {
  return this_thread_inlined().budget_is_spent();
}

/// Undoes one `consume_budget()`: the operation waits after all, or fails.
inline void refund_budget() noexcept { this_thread_inlined().refund_budget(); }

}  // namespace mtaio::internal
