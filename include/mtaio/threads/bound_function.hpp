/// A function together with its arguments, to be called in a thread.
#pragma once

#include <mtaio/base/invoke.hpp>
#include <mtaio/coro/result.hpp>
#include <mtaio/stop_token.hpp>

#include <concepts>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// Whether a function takes a stop token in front of its arguments.
template <class Func, class... Args>
concept WantsStopToken = !std::invocable<Func, Args...> && std::invocable<Func, StopToken, Args...>;

template <class Func, class... Args>
concept Callable = std::invocable<Func, Args...> || WantsStopToken<Func, Args...>;

/// What a function returns when it is called with `Args`, and with a stop token if it wants one.
template <class Func, class... Args>
struct FunctionResult : std::invoke_result<Func, Args...> {};
template <class Func, class... Args>
  requires WantsStopToken<Func, Args...>
struct FunctionResult<Func, Args...> : std::invoke_result<Func, StopToken, Args...> {};

/// A function with its arguments. `Func` and `Args` may be references.
template <class Func, class... Args>
class BoundFunction {
 public:
  using Result = typename FunctionResult<Func, Args...>::type;

  template <class F, class... A>
  explicit BoundFunction(std::in_place_t, F&& func, A&&... args)
      : func_(std::forward<F>(func)), args_(std::forward<A>(args)...) {}

  Result operator()([[maybe_unused]] StopToken stop) {
    return std::apply(
        [&](auto&... args) -> Result {
          if constexpr (WantsStopToken<Func, Args...>) {
            return internal::invoke(std::forward<Func>(func_), stop, std::forward<Args>(args)...);
          } else {
            return internal::invoke(std::forward<Func>(func_), std::forward<Args>(args)...);
          }
        },
        args_);
  }

 private:
  Func func_;
  std::tuple<Args...> args_;
};

/// Calls `bound` and stores the value or the exception in `result`.
template <class Bound>
void call_into(Result<typename Bound::Result>& result, Bound& bound, StopToken stop) noexcept {
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

}  // namespace mtaio::internal
