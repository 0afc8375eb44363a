/// Linking a `std::stop_token` in.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/task.hpp>
#include <mtaio/timeout/timed_context.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <coroutine>
#include <functional>
#include <optional>
#include <utility>
#include <version>

#if defined(__cpp_lib_jthread)
#include <stop_token>

namespace mtaio {

/// What `with_stop_token()` returns.
template <class T>
class [[nodiscard]] WithStopToken {
 public:
  WithStopToken(std::stop_token token, Task<T> task)
      : token_{std::move(token)}, task_{std::move(task)} {}

  class Awaiter;
  Awaiter operator co_await() { return Awaiter{std::move(token_), std::move(task_)}; }

 private:
  std::stop_token token_;
  Task<T> task_;
};

template <class T>
class WithStopToken<T>::Awaiter {
 public:
  using resumes_at_home = void;

  Awaiter(std::stop_token token, Task<T> task) : token_{std::move(token)}, task_{std::move(task)} {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;
  ~Awaiter() {
    if (frame_) frame_.destroy();
  }

  [[nodiscard]] bool await_ready() const {
    if (!task_) internal::throw_no_task("co_await with_stop_token()");
    return false;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    context_.emplace(internal::context_of(awaiting));
    frame_ = task_.release();
    frame_.promise().set_continuation(awaiting, &*context_);
    const auto entered = frame_;
    link_.emplace(std::move(token_), Stop{context_->scope});
    return internal::transfer_to(entered);
  }
  T await_resume() {
    link_.reset();
    return frame_.promise().result().take();
  }

 private:
  struct Stop {
    lowlevel::StopScope& scope;
    void operator()() const noexcept { scope.request_stop(); }
  };

  std::stop_token token_;
  Task<T> task_;
  std::coroutine_handle<internal::TaskPromise<T>> frame_;
  std::optional<internal::TaskContext> context_;
  std::optional<std::stop_callback<Stop>> link_;
};

/// Awaits `awaitable` so that it is also asked to stop when stop is requested on `token`: the way
/// in for Ctrl-C, a window that closes, or whatever else a program learns outside of tasks. Result
/// and exceptions are those of the awaitable. What this returns is awaited once; a second time
/// throws `std::logic_error`.
///
///     std::stop_source interrupted;                       // request_stop() in another thread
///     mtaio::run(mtaio::with_stop_token(interrupted.get_token(), serve()));
///
/// Suspends:  until the awaitable has ended.
/// Resumes:   where it ended.
/// Cancelled: as the awaitable.
/// Threads:   any.
/// Lifetime:  what the awaitable refers to outlives the operation.
template <Awaitable A>
WithStopToken<await_result_t<A>> with_stop_token(std::stop_token token, A&& awaitable) {
  return {std::move(token), internal::to_task(std::forward<A>(awaitable))};
}

}  // namespace mtaio

#else

namespace mtaio {

template <class... Arguments>
void with_stop_token(Arguments&&...) {
  static_assert(sizeof...(Arguments) > 1000,
                "with_stop_token() needs std::stop_token, which this standard library does not "
                "have; with libc++ before 20 compile and link with -fexperimental-library");
}

}  // namespace mtaio

#endif
