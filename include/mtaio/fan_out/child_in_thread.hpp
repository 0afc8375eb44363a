/// Makes a child of a fan-out of a plain function.
#pragma once

#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/task.hpp>
#include <mtaio/threads/thread_awaiter.hpp>
#include <mtaio/threads/timed_thread_awaiter.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace mtaio::internal {

// Functions whose types are in anonymous namespaces are allowed.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

template <class Bound>
Task<typename Bound::Result> untimed_child_in_thread(Bound bound, lowlevel::BlockingPool* pool,
                                                     std::size_t limit) {
  co_return co_await ThreadAwaiter<Bound>{std::move(bound), pool, limit};
}
template <class Bound>
Task<typename Bound::Result> timed_child_in_thread(Bound bound, lowlevel::BlockingPool* pool,
                                                   std::size_t limit, Timeout timeout) {
  co_return co_await TimedThreadAwaiter<Bound>{std::move(bound), pool, limit, timeout};
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/// A child that calls the function in a thread of `pool`. `limit`: see `BlockingJob::limit()`.
/// `timeout` is counted from the start of the function.
template <class Bound>
Task<typename Bound::Result> child_in_thread(Bound&& bound, lowlevel::BlockingPool* pool,
                                             std::size_t limit,
                                             const std::optional<Timeout>& timeout) {
  if (!timeout) return untimed_child_in_thread<Bound>(std::forward<Bound>(bound), pool, limit);
  if (timeout->is_now()) {
    return timed(untimed_child_in_thread<Bound>(std::forward<Bound>(bound), pool, limit), *timeout);
  }
  return timed_child_in_thread<Bound>(std::forward<Bound>(bound), pool, limit, *timeout);
}

}  // namespace mtaio::internal
