/// A function that runs in a thread for a limited time.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/result.hpp>
#include <mtaio/threads/blocking_call.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/timeout/timed_context.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

namespace mtaio::internal {

/// As `ThreadCall`, but the function is asked to stop when `timeout` has passed since a thread of
/// the pool has started it: how long it has been queued does not count. Throws `TimeoutError` if it
/// took notice of that, which takes a `StopToken`.
template <class Bound>
class TimedThreadCall : private BlockingCall {
 public:
  using resumes_at_home = void;
  using Result = typename Bound::Result;

  TimedThreadCall(Bound&& bound, lowlevel::BlockingPool* pool, std::size_t limit, Timeout timeout)
      : BlockingCall{&TimedThreadCall::call, pool}, bound_(std::move(bound)), timeout_{timeout} {
    set_at_once(limit);
  }

  using BlockingCall::await_ready;
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    caller_ = context_of(awaiting);
    return BlockingCall::await_suspend(awaiting);
  }
  Result await_resume() {
    finish();
    const bool failed = result_.has_error();
    if (failed) (void)is_cancelled_in(&context_->scope, result_.error());
    context_->close();
    if (context_->cut_off()) {
      throw_timed_out(timeout_, failed ? while_stopping(result_.error()) : nullptr);
    }
    return result_.take();
  }

 private:
  static void call(BlockingCall& base, StopToken) noexcept {
    auto& self = static_cast<TimedThreadCall&>(base);
    auto& context = self.context_.emplace(self.caller_, self.timeout_, self.scheduler());
    const InnerScope inner{context.scope};
    call_into(self.result_, self.bound_, StopToken{&context.scope});
  }

  Bound bound_;
  Timeout timeout_;
  TaskContext* caller_ = nullptr;
  std::optional<TimedContext> context_;  // from the start of the function on
  internal::Result<Result> result_;
};

}  // namespace mtaio::internal
