#include <mtaio/coro/trampoline.hpp>

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/run.hpp>
#include <mtaio/coro/thread_context.hpp>

#include <utility>

namespace mtaio::internal {
namespace {

// How many operations in a row a job may complete without waiting.
constexpr int kBudget = 128;

/// Whether run_job() resumes the next coroutine. It has room for one: a coroutine that resumes
/// several others in the middle of its own code leaves the first to run_job(), and resumes the rest
/// on its own stack.
bool trampoline_has_room(const ThreadContext& thread) noexcept {
  return thread.in_trampoline && thread.ended == nullptr && thread.transfer == nullptr;
}

}  // namespace

std::coroutine_handle<> defer_transfer(std::coroutine_handle<> next) noexcept {
  ThreadContext& thread = this_thread();
  if (!trampoline_has_room(thread)) return next;
  thread.transfer = next.address();
  return std::noop_coroutine();
}

std::coroutine_handle<> defer_completion(PromiseBase& ended) noexcept {
  ThreadContext& thread = this_thread();
  if (!trampoline_has_room(thread)) return ended.complete();
  thread.ended = &ended;
  return std::noop_coroutine();
}

void run_job(lowlevel::Job& job) noexcept {
  ThreadContext& thread = this_thread_inlined();
  const bool outer = std::exchange(thread.in_trampoline, true);
  thread.root = job.root();
  thread.budget = kBudget;
  std::coroutine_handle<> next = job.run();
  for (;;) {
    next.resume();
    if (thread.ended) {
      next = std::exchange(thread.ended, nullptr)->complete();
    } else if (thread.transfer) {
      next = std::coroutine_handle<>::from_address(std::exchange(thread.transfer, nullptr));
    } else {
      break;
    }
  }
  thread.root = nullptr;
  thread.in_trampoline = outer;
}

}  // namespace mtaio::internal
