/// What can be awaited.
#pragma once

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace mtaio {
namespace internal {

template <class T>
concept Awaiter = requires(T& awaiter) {
  static_cast<bool>(awaiter.await_ready());
  awaiter.await_resume();
};

template <class T>
concept HasMemberCoAwait = requires(T&& awaitable) {
  { std::forward<T>(awaitable).operator co_await() } -> Awaiter;
};

template <class T>
concept HasFreeCoAwait = requires(T&& awaitable) {
  { operator co_await(std::forward<T>(awaitable)) } -> Awaiter;
};

/// The awaiter of an awaitable, as `co_await` finds it.
template <class T>
decltype(auto) awaiter_of(T&& awaitable) {
  if constexpr (HasMemberCoAwait<T>) {
    return std::forward<T>(awaitable).operator co_await();
  } else if constexpr (HasFreeCoAwait<T>) {
    return operator co_await(std::forward<T>(awaitable));
  } else {
    return std::forward<T>(awaitable);
  }
}

/// Whether an awaiting task is resumed on its own runtime: the awaiter has a member type
/// `resumes_at_home`. All awaiters of the library have that type. An awaiter of your own may have
/// it if it never suspends, or if a `Waiter` resumes the task. A task awaits any other awaiter
/// through `ForeignAwait`, which brings it back to its runtime (`coro/foreign_await.hpp`).
template <class T>
concept ResumesAtHome = requires {
  typename std::remove_cvref_t<decltype(awaiter_of(std::declval<T>()))>::resumes_at_home;
};

}  // namespace internal

/// A type that `co_await` accepts in any coroutine: a `Task`, an operation of the library, or a
/// type of your own.
template <class T>
concept Awaitable = internal::HasMemberCoAwait<T> || internal::HasFreeCoAwait<T> ||
                    internal::Awaiter<std::remove_reference_t<T>>;

/// The type of the result of `co_await` on a `T`.
template <Awaitable T>
using await_result_t =
    decltype(std::declval<
                 std::remove_reference_t<decltype(internal::awaiter_of(std::declval<T>()))>&>()
                 .await_resume());

}  // namespace mtaio
