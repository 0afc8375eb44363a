/// A function that runs in a thread of its own while a task waits for it.
#pragma once

#include <mtaio/coro/result.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/stop_token.hpp>

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// The part that does not depend on the function. A stop request takes back a function that has not
/// started; one that has is waited for, because it may use the caller's variables.
class [[gnu::visibility("default")]] BlockingCall : private lowlevel::Waiter,
                                                    private lowlevel::BlockingJob {
 public:
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    prepare(awaiting);
    return submit();
  }

 protected:
  /// Calls the function and keeps what comes of it. On a thread of the pool.
  using Call = void (*)(BlockingCall&, StopToken) noexcept;

  BlockingCall(Call call, lowlevel::BlockingPool* pool) noexcept
      : lowlevel::Waiter{&BlockingCall::stop},
        lowlevel::BlockingJob{&BlockingCall::run},
        call_{call},
        pool_{pool} {}
  ~BlockingCall() = default;

  /// After the wait: throws if the function did not run. Otherwise its result is there.
  void finish();
  using lowlevel::Waiter::scheduler;
  using lowlevel::Waiter::scope;
  /// See `BlockingJob::at_once`.
  void set_at_once(std::size_t limit) noexcept { at_once = limit; }

 private:
  static void run(lowlevel::BlockingJob& job) noexcept;
  static void stop(lowlevel::StopNode& node) noexcept;
  bool submit() noexcept;

  const Call call_;
  lowlevel::BlockingPool* const pool_;
  std::atomic<bool> stop_seen_{false};
  std::exception_ptr not_submitted_;
};

/// Whether a function wants a stop token in front of its arguments.
template <class Func, class... Args>
concept WantsStopToken = !std::invocable<Func, Args...> && std::invocable<Func, StopToken, Args...>;

template <class Func, class... Args>
concept Callable = std::invocable<Func, Args...> || WantsStopToken<Func, Args...>;

template <class Func, class... Args>
struct CallResult : std::invoke_result<Func, Args...> {};
template <class Func, class... Args>
  requires WantsStopToken<Func, Args...>
struct CallResult<Func, Args...> : std::invoke_result<Func, StopToken, Args...> {};

/// A function with its arguments. `Func` and `Args` may be references.
template <class Func, class... Args>
class BoundCall {
 public:
  using Result = typename CallResult<Func, Args...>::type;

  template <class F, class... A>
  explicit BoundCall(std::in_place_t, F&& func, A&&... args)
      : func_(std::forward<F>(func)), args_(std::forward<A>(args)...) {}

  Result operator()([[maybe_unused]] StopToken stop) {
    if constexpr (WantsStopToken<Func, Args...>) {
      return std::apply(
          [&](auto&... args) -> Result {
            return std::invoke(std::forward<Func>(func_), stop, std::forward<Args>(args)...);
          },
          args_);
    } else {
      return std::apply(
          [&](auto&... args) -> Result {
            return std::invoke(std::forward<Func>(func_), std::forward<Args>(args)...);
          },
          args_);
    }
  }

 private:
  Func func_;
  std::tuple<Args...> args_;
};

/// Calls `bound` and leaves what comes of it in `result`.
template <class Bound>
void call_into(internal::Result<typename Bound::Result>& result, Bound& bound,
               StopToken stop) noexcept {
  try {
    if constexpr (std::is_void_v<typename Bound::Result>) {
      bound(stop);
      result.emplace();
    } else {
      result.emplace(bound(stop));
    }
  } catch (...) {
    result.set_error(std::current_exception());
  }
}

/// Awaits the call of a bound function in `pool`, or in the scheduler's own if that is null. What
/// the function throws comes out as it is.
template <class Bound>
class ThreadCall : private BlockingCall {
 public:
  using Result = typename Bound::Result;
  using resumes_at_home = void;

  ThreadCall(Bound&& bound, lowlevel::BlockingPool* pool, std::size_t limit = 0)
      : BlockingCall{&ThreadCall::call, pool}, bound_(std::move(bound)) {
    set_at_once(limit);
  }

  using BlockingCall::await_ready;
  using BlockingCall::await_suspend;
  using BlockingCall::scope;
  Result await_resume() {
    finish();
    return result_.take();
  }

 private:
  static void call(BlockingCall& base, StopToken stop) noexcept {
    auto& self = static_cast<ThreadCall&>(base);
    call_into(self.result_, self.bound_, stop);
  }

  Bound bound_;
  internal::Result<Result> result_;
};

}  // namespace mtaio::internal
