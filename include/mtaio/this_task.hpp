/// What a task can ask about itself.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/stop_token.hpp>

#include <coroutine>

namespace mtaio::this_task {

/// The awaitable that `stop_token()` returns.
class [[nodiscard]] StopTokenRequest {
 public:
  using resumes_at_home = void;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    if (auto* context = internal::context_of(awaiting)) token_ = StopToken{&context->scope};
    return false;
  }
  [[nodiscard]] StopToken await_resume() const noexcept { return token_; }

 private:
  StopToken token_;
};

/// The token that tells whether this task was asked to stop.
///
/// From docs/stop_token.md:
///
///     const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
///
/// Suspends:  never.
/// Resumes:   immediately.
/// Cancelled: not a cancellation point, because the token tells of the stop request.
/// Threads:   one.
/// Lifetime:  the token must not be used after the task has ended.
inline StopTokenRequest stop_token() noexcept { return {}; }

}  // namespace mtaio::this_task
