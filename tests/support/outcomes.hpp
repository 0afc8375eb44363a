/// Awaiting as a value: what a test asserts on is an outcome, not a place in the code.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/outcome.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task.hpp>

#include "base/exception_cast.hpp"

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace test {

/// Awaits `awaitable` and keeps what it gives or throws.
template <mtaio::Awaitable A>
mtaio::Task<mtaio::Outcome<mtaio::await_result_t<A>>> outcome_of(A awaitable) {
  using T = mtaio::await_result_t<A>;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(awaitable);
      co_return mtaio::Outcome<T>{std::in_place};
    } else {
      T value = co_await std::move(awaitable);
      if constexpr (std::is_reference_v<T>) {
        co_return mtaio::Outcome<T>{std::in_place, std::addressof(value)};
      } else {
        co_return mtaio::Outcome<T>{std::in_place, std::move(value)};
      }
    }
  } catch (...) {
    co_return mtaio::Outcome<T>{std::current_exception()};
  }
}

/// The exception as an `E`; null if there is none or it is something else. Lives as long as
/// `error`.
template <class E>
const E* as(const std::exception_ptr& error) {
  return mtaio::internal::exception_cast<E>(error);
}

/// Whether it ended with an `E`.
template <class E, class T>
bool threw(const mtaio::Outcome<T>& outcome) {
  return as<E>(outcome.error()) != nullptr;
}

/// Whether `function()` throws an `E`.
template <class E, class Function>
bool throws(Function&& function) {
  try {
    std::forward<Function>(function)();
  } catch (const E&) {
    return true;
  }
  return false;
}

inline std::string message_of(const std::exception_ptr& error) {
  const auto* exception = as<std::exception>(error);
  return exception ? exception->what() : "no std::exception";
}

/// `make(0)`, `make(1)` and so on, in a vector.
template <std::integral Count, class Make>
auto many(Count count, Make make) {
  std::vector<decltype(make(0))> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int i = 0; std::cmp_less(i, count); ++i) all.push_back(make(i));
  return all;
}

/// Runs a test that is a coroutine with `threads` threads. With one, the code between two co_awaits
/// runs without interruption, so the order of everything is known.
inline void with_threads(std::size_t threads, mtaio::Task<void> (*test)()) {
  mtaio::run(test(), {.threads = threads});
}
inline void on_one_thread(mtaio::Task<void> (*test)()) { with_threads(1, test); }

}  // namespace test
