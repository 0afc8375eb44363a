#include <mtaio/threads/blocking_call.hpp>

#include <mtaio/coro/thread_context.hpp>

#include <utility>

namespace mtaio::internal {

bool BlockingCall::submit() noexcept {
  // Whatever happens from here on (the function ends at once, or a stop request comes) moves the
  // state away from kListening, and then commit() says that there is no need to wait.
  listen();
  if (!stop_seen_.load(std::memory_order_acquire)) {
    try {
      scheduler().run_blocking(*this, pool_);
      // A request that came before it was queued could not take it back.
      if (stop_seen_.load(std::memory_order_acquire) &&
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

void BlockingCall::run(lowlevel::BlockingJob& job) noexcept {
  auto& self = static_cast<BlockingCall&>(job);
  if (self.stop_seen_.load(std::memory_order_acquire)) {
    self.interrupt(State::kCancelled);
    return;
  }
  // The function runs on behalf of the caller's task: what it creates or destroys belongs there.
  ThreadContext& thread = this_thread();
  thread.root = self.root();
  // So does what it runs in a runtime of its own: see Runtime::run().
  const FunctionInThread function{self.scheduler().is_simulation() ? nullptr : self.scope(), {}};
  const auto* outer = std::exchange(thread.function, &function);
  self.call_(self, StopToken{self.scope()});
  thread.function = outer;
  thread.root = nullptr;
  self.interrupt(State::kServed);
}

void BlockingCall::stop(lowlevel::StopNode& node) noexcept {
  auto& self = static_cast<BlockingCall&>(static_cast<lowlevel::Waiter&>(node));
  // release: whoever sees this in run() does not start. If it is too late for that, the function's
  // token tells it. One that does not look has not noticed, and its result counts as in time.
  self.stop_seen_.store(true, std::memory_order_release);
  if (self.scheduler().withdraw_blocking(self, self.pool_)) self.interrupt(State::kCancelled);
}

void BlockingCall::finish() {
  if (lowlevel::Waiter::finish() == State::kCancelled) throw CancelledError{};
  if (not_submitted_) std::rethrow_exception(not_submitted_);
}

}  // namespace mtaio::internal
