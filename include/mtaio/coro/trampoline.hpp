/// How one coroutine is left for another without growing the stack.
#pragma once

#include <mtaio/lowlevel/job.hpp>

#include <coroutine>

namespace mtaio::internal {

class PromiseBase;

// Going from one coroutine to another without growing the stack. Where the compiler makes the
// transfer a tail call, the next coroutine is returned from await_suspend. GCC before 15 does not
// in unoptimised and sanitized builds; there it is left in ThreadContext, and run_job() enters it
// when the current coroutine has returned.
#if defined(__clang__) || __GNUC__ >= 15
inline constexpr bool kTransferIsTailCall = true;
#else
inline constexpr bool kTransferIsTailCall = false;
#endif

/// Leaves `to` for run_job(), and returns what is to be resumed now.
[[gnu::visibility("default")]] std::coroutine_handle<> defer_transfer(
    std::coroutine_handle<> to) noexcept;
/// The same, for the successor of a coroutine that has ended.
[[gnu::visibility("default")]] std::coroutine_handle<> defer_completion(
    PromiseBase& ended) noexcept;

inline std::coroutine_handle<> transfer_to(std::coroutine_handle<> to) noexcept {
  if constexpr (kTransferIsTailCall) {
    return to;
  } else {
    return defer_transfer(to);
  }
}

/// Runs `job` and all the coroutines that follow from it, until they return without a successor.
[[gnu::visibility("default")]] void run_job(lowlevel::Job& job) noexcept;

}  // namespace mtaio::internal
