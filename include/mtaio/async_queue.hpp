/// A queue between tasks.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/queue/basic_queue.hpp>

#include <cstddef>
#include <utility>

namespace mtaio {

/// First in, first out, with an optional bound. For any number of producers and consumers, in tasks
/// of any runtime and in plain threads (`try_put`, `try_get`). No item is lost or duplicated, even
/// when operations are cancelled or time out.
///
/// From docs/async_queue.md:
///
///     mtaio::Task<int> consume(mtaio::AsyncQueue<int>& queue) {
///       int sum = 0;
///       while (const auto item = co_await queue.next()) sum += *item;
///       co_return sum;
///     }
///
/// `T` only has to be movable. Waiting allocates nothing. No code of `T` runs under the queue's
/// lock. A `T` whose move throws breaks neither the queue nor its counts: the `put` or `get` that
/// moved the item throws the exception, and the item stays where it was. Destroying a queue while a
/// task waits on it ends the program with a message.
template <class T>
class AsyncQueue : public internal::BasicQueue<T, internal::FifoStorage> {
  using Base = internal::BasicQueue<T, internal::FifoStorage>;

 public:
  /// Holds at most `maxsize` items, or any number if that is zero. Throws `std::invalid_argument`
  /// if it is negative.
  explicit AsyncQueue(std::ptrdiff_t maxsize = 0) : Base{"AsyncQueue", maxsize} {}
  explicit AsyncQueue(internal::NotACount auto maxsize) = delete;

  /// Puts an item in; waits while the queue is full. Throws `QueueShutDown` after `shutdown()`, and
  /// `std::logic_error` if the operation is awaited a second time, or after it was moved from: it
  /// no longer has the item.
  ///
  /// Suspends:  only while the queue is full, and at every 128th operation in a row that need not
  ///            wait, so that other tasks can run.
  /// Resumes:   on the task's own scheduler, in order of arrival; never inside another task's call.
  /// Cancelled: throws CancelledError; the item was not enqueued, and is destroyed with the
  ///            operation. A put that need not wait looks for a stop request only every 128th time.
  /// Threads:   any.
  /// Lifetime:  the queue must outlive the operation.
  typename Base::Put put(T item) { return {this->core(), std::move(item)}; }

  /// Puts `item` in if there is room. If the queue is full, returns false and leaves the item as it
  /// is. Throws `QueueShutDown` after `shutdown()`. Any thread.
  bool try_put(T& item) {
    return this->try_put_with(item, [](auto&) {});
  }
};

}  // namespace mtaio
