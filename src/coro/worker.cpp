#include <mtaio/lowlevel/worker.hpp>

#include <mtaio/lowlevel/promise.hpp>

#include <stdexcept>
#include <utility>

namespace mtaio::lowlevel {
namespace {

// How many operations in a row a job may complete without waiting.
constexpr int kTurns = 128;

}  // namespace

constinit thread_local ThreadState thread_state;

[[gnu::noinline]] ThreadState& this_thread() noexcept { return thread_state; }

std::coroutine_handle<> defer_transfer(std::coroutine_handle<> to) noexcept {
  ThreadState& thread = this_thread();
  if (!thread.driving) return to;
  thread.transfer = to.address();
  return std::noop_coroutine();
}

std::coroutine_handle<> defer_completion(PromiseBase& ended) noexcept {
  ThreadState& thread = this_thread();
  if (!thread.driving) return ended.complete();
  thread.ended = &ended;
  return std::noop_coroutine();
}

Scheduler& current_scheduler() {
  const ThreadState& thread = this_thread();
  if (thread.root) return thread.root->scheduler();
  if (thread.worker) return thread.worker->scheduler;
  throw std::logic_error{
      "co_await: this would wait, but the coroutine runs outside a runtime; start it with "
      "mtaio::run()."};
}

void drive(Job& job) noexcept {
  ThreadState& thread = this_thread_inlined();
  const bool outer = std::exchange(thread.driving, true);
  thread.root = job.root();
  thread.turns_left = kTurns;
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
  thread.driving = outer;
}

}  // namespace mtaio::lowlevel
