/// Awaiting a bound function that runs in a thread, for a limited time.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/result.hpp>
#include <mtaio/threads/blocking_awaiter.hpp>
#include <mtaio/threads/bound_function.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/timeout/timed_context.hpp>

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

namespace mtaio::internal {

/// As `ThreadAwaiter`, but the function is asked to stop when `timeout` has passed since a thread
/// of the pool started it; the time in the pool's queue does not count. Throws `TimeoutError` if
/// the function noticed the request, which needs a `StopToken`.
template <class Bound>
class TimedThreadAwaiter : private BlockingAwaiter {
 public:
  using resumes_at_home = void;
  using Result = typename Bound::Result;

  TimedThreadAwaiter(Bound&& bound, lowlevel::BlockingPool* pool, std::size_t limit,
                     Timeout timeout)
      : BlockingAwaiter{&TimedThreadAwaiter::call, pool, limit},
        bound_(std::move(bound)),
        timeout_{timeout} {}

  using BlockingAwaiter::await_ready;
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    caller_ = context_of(awaiting);
    return BlockingAwaiter::await_suspend(awaiting);
  }
  Result await_resume() {
    finish();
    context_->finish(timeout_, result_.has_error() ? result_.error() : nullptr);
    return result_.take();
  }

 private:
  static void call(BlockingAwaiter& base, StopToken) noexcept {
    auto& self = static_cast<TimedThreadAwaiter&>(base);
    auto& context = self.context_.emplace(self.caller_, self.timeout_, self.scheduler());
    const InnerScope inner{context.scope};
    call_into(self.result_, self.bound_, StopToken{&context.scope});
  }

  Bound bound_;
  Timeout timeout_;
  TaskContext* caller_ = nullptr;
  // Empty until a thread starts the function.
  std::optional<TimedContext> context_;
  internal::Result<Result> result_;
};

}  // namespace mtaio::internal
