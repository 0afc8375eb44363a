/// A queue between tasks.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/queue/basic_queue.hpp>

#include <cstddef>
#include <utility>

namespace mtaio {

/// First in, first out, with an optional bound. For any number of producers and consumers, in any
/// task of any runtime and in plain threads (`try_put`, `try_get`). No item is lost or duplicated,
/// whatever is cancelled or times out when.
///
///     mtaio::AsyncQueue<std::string> queue{10};
///     co_await queue.put("item");
///     std::string item = co_await queue.get();
///     queue.task_done();
///     co_await queue.join();
///
/// `T` needs only to be movable. Waiting allocates nothing. No code of `T` runs under the queue's
/// lock, and a `T` whose move throws breaks neither the queue nor its counts: the exception comes
/// out of the `put` or `get` that moved, and the item stays where it was. Destroying a queue that
/// somebody waits on ends the program with a message.
template <class T>
class AsyncQueue : public internal::BasicQueue<T, internal::FifoStorage> {
  using Base = internal::BasicQueue<T, internal::FifoStorage>;

 public:
  /// `maxsize` items at most; 0: any number. Throws `std::invalid_argument` if negative.
  explicit AsyncQueue(std::ptrdiff_t maxsize = 0) : Base{"AsyncQueue", maxsize} {}
  explicit AsyncQueue(internal::NotACount auto maxsize) = delete;

  /// Puts an item in; waits while the queue is full. Throws `QueueShutDown` after `shutdown()`, and
  /// `std::logic_error` when what it returns is awaited a second time, or was moved from: the item
  /// is gone then.
  ///
  /// Suspends:  while the queue is full; and once in 128 times, so that others can run.
  /// Resumes:   on the task's own scheduler, first come first served; never inside another call.
  /// Cancelled: throws CancelledError; the item has not been put, and goes with the operation.
  ///            One that need not wait looks for a stop request once in 128 times.
  /// Threads:   any.
  /// Lifetime:  the queue outlives the operation.
  typename Base::Put put(T item) { return {this->core(), std::move(item)}; }

  /// Puts `item` in if that is possible at once. False, and the item untouched, when the queue is
  /// full. Throws `QueueShutDown` after `shutdown()`. Any thread.
  bool try_put(T& item) {
    return this->try_put_with(item, [](auto&) {});
  }
};

}  // namespace mtaio
