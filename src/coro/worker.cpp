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

namespace {

/// Whether drive() takes what comes next. It takes one thing at a time: where a coroutine has
/// resumed others itself, in the middle of its own code, what the first of them left is still
/// there.
bool drive_takes_it(const ThreadState& thread) noexcept {
  return thread.driving && thread.ended == nullptr && thread.transfer == nullptr;
}

}  // namespace

std::coroutine_handle<> defer_transfer(std::coroutine_handle<> to) noexcept {
  ThreadState& thread = this_thread();
  if (!drive_takes_it(thread)) return to;
  thread.transfer = to.address();
  return std::noop_coroutine();
}

std::coroutine_handle<> defer_completion(PromiseBase& ended) noexcept {
  ThreadState& thread = this_thread();
  if (!drive_takes_it(thread)) return ended.complete();
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
