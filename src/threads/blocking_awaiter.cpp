#include <mtaio/threads/blocking_awaiter.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/exceptions.hpp>

#include <utility>

namespace mtaio::internal {

bool BlockingAwaiter::submit() noexcept {
  // From here on the function may return and a stop request may come. Both move the state away from
  // kListening, and then commit() says that there is no need to wait.
  listen();
  // stop/start, the caller's first look.
  if (!stop_seen_.load(std::memory_order_relaxed)) {
    try {
      scheduler().run_blocking(*this, pool_);
      // stop/start, the caller's second look: a request that came before the function was queued
      // could not take it out of the queue.
      if (stop_seen_.load(std::memory_order_relaxed) &&
          scheduler().withdraw_blocking(*this, pool_)) {
        interrupt(State::kCancelled);
      }
    } catch (...) {
      not_submitted_ = std::current_exception();
      complete_inline();
      return false;
    }
  } else {
    interrupt(State::kCancelled);
  }
  return commit();
}

void BlockingAwaiter::run(lowlevel::BlockingJob& job) noexcept {
  auto& self = static_cast<BlockingAwaiter&>(job);
  // stop/start, the thread that would start the function.
  if (self.stop_seen_.load(std::memory_order_relaxed)) {
    self.interrupt(State::kCancelled);
    return;
  }
  // The function runs on behalf of the caller's task: all that it creates belongs to that task.
  // Stop requests also reach the tasks of a runtime that the function runs: see Runtime::run().
  const FunctionInThread function{self.scheduler().is_simulation() ? nullptr : self.scope(), {}};
  {
    const FunctionScope scope{function, self.root()};
    self.call_(self, StopToken{self.scope()});
  }
  self.interrupt(State::kServed);
}

void BlockingAwaiter::stop(lowlevel::StopNode& node) noexcept {
  auto& self = static_cast<BlockingAwaiter&>(static_cast<lowlevel::Waiter&>(node));
  // stop/start, the thread that asks: a thread that sees this in run() does not start the function.
  // A function that has started learns of the request from its token. If it never looks at the
  // token it has not noticed, and its result counts as in time.
  self.stop_seen_.store(true, std::memory_order_relaxed);
  if (self.scheduler().withdraw_blocking(self, self.pool_)) self.interrupt(State::kCancelled);
}

void BlockingAwaiter::finish() {
  if (lowlevel::Waiter::finish() == State::kCancelled) throw CancelledError{};
  if (not_submitted_) std::rethrow_exception(not_submitted_);
}

}  // namespace mtaio::internal
