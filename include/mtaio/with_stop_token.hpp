/// Stopping a task by a `std::stop_token`.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/coro/errors.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/task.hpp>

#include <coroutine>
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
    link_.emplace(std::move(token_), Stop{context_->scope});
    return internal::transfer_to(frame_);
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

/// Awaits `awaitable`, and asks it to stop when stop is requested on `token`. Use it for events
/// that a program learns of outside its tasks, such as Ctrl-C or a closed window.
///
/// Returns and throws what the awaitable returns and throws. The operation can be awaited once; a
/// second `co_await` throws `std::logic_error`.
///
/// From docs/stop_token.md:
///
///     std::stop_source interrupted;  // another thread calls interrupted.request_stop()
///     mtaio::run(mtaio::with_stop_token(interrupted.get_token(), serve()));
///
/// Suspends:  until the awaitable has ended.
/// Resumes:   where the awaitable ended.
/// Cancelled: as the awaitable.
/// Threads:   any.
/// Lifetime:  everything that the awaitable refers to must outlive the operation.
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
