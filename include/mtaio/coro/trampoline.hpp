/// How one coroutine is left for another without growing the stack.
///
/// Where the compiler makes a symmetric transfer a tail call, `await_suspend` returns the next
/// coroutine. GCC before 15 does not do so in unoptimised and sanitized builds. There the next
/// coroutine is noted in the `ThreadContext`, the current coroutine returns to
/// `lowlevel::run_job()`, and `run_job()` resumes the next one.
#pragma once

#include <coroutine>

namespace mtaio::internal {

class PromiseBase;

#if defined(__clang__) || __GNUC__ >= 15
inline constexpr bool kTransferIsTailCall = true;
#else
inline constexpr bool kTransferIsTailCall = false;
#endif

/// Leaves `next` for `run_job()`; returns the coroutine to resume now.
[[gnu::visibility("default")]] std::coroutine_handle<> defer_transfer(
    std::coroutine_handle<> next) noexcept;
/// The same for the successor of a task that has ended.
[[gnu::visibility("default")]] std::coroutine_handle<> defer_completion(
    PromiseBase& ended) noexcept;

/// What an `await_suspend` returns in order to resume `next`.
inline std::coroutine_handle<> transfer_to(std::coroutine_handle<> next) noexcept {
  if constexpr (kTransferIsTailCall) {
    return next;
  } else {
    return defer_transfer(next);
  }
}

}  // namespace mtaio::internal
