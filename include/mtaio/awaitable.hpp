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

/// Whether what awaits a `T` is resumed on its own runtime: its awaiter has a member type
/// `resumes_at_home`. Those of the library do, and those of your own may: what is woken by a
/// `Waiter`, and what never suspends. What a task awaits besides is wrapped: it goes home before it
/// goes on (`coro/foreign_await.hpp`).
template <class T>
concept ResumesAtHome = requires {
  typename std::remove_cvref_t<decltype(awaiter_of(std::declval<T>()))>::resumes_at_home;
};

}  // namespace internal

/// Something that `co_await` accepts in any coroutine: a `Task`, what the members of the library
/// return, or a type of one's own.
template <class T>
concept Awaitable = internal::HasMemberCoAwait<T> || internal::HasFreeCoAwait<T> ||
                    internal::Awaiter<std::remove_reference_t<T>>;

/// What `co_await` on a `T` results in.
template <Awaitable T>
using await_result_t =
    decltype(std::declval<
                 std::remove_reference_t<decltype(internal::awaiter_of(std::declval<T>()))>&>()
                 .await_resume());

}  // namespace mtaio
