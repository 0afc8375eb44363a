#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/thread_context.hpp>

#include <stdexcept>
#include <utility>

namespace mtaio::internal {
namespace {

// How many operations in a row a job may complete without waiting.
constexpr int kBudget = 128;

}  // namespace

constinit thread_local ThreadContext thread_context;

[[gnu::noinline]] ThreadContext& this_thread() noexcept { return thread_context; }

namespace {

/// Whether run_job() takes what comes next. It takes one thing at a time: where a coroutine has
/// resumed others itself, in the middle of its own code, what the first of them left is still
/// there.
bool trampoline_takes_it(const ThreadContext& thread) noexcept {
  return thread.in_trampoline && thread.ended == nullptr && thread.transfer == nullptr;
}

}  // namespace

std::coroutine_handle<> defer_transfer(std::coroutine_handle<> to) noexcept {
  ThreadContext& thread = this_thread();
  if (!trampoline_takes_it(thread)) return to;
  thread.transfer = to.address();
  return std::noop_coroutine();
}

std::coroutine_handle<> defer_completion(PromiseBase& ended) noexcept {
  ThreadContext& thread = this_thread();
  if (!trampoline_takes_it(thread)) return ended.complete();
  thread.ended = &ended;
  return std::noop_coroutine();
}

lowlevel::Scheduler& current_scheduler() {
  const ThreadContext& thread = this_thread();
  if (thread.root) return thread.root->scheduler();
  if (thread.worker) return thread.worker->scheduler;
  throw std::logic_error{
      "co_await: this would wait, but the coroutine runs outside a runtime; start it with "
      "mtaio::run()."};
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
