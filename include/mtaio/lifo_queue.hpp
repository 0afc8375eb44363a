/// A stack between tasks.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/queue/basic_queue.hpp>

#include <cstddef>
#include <utility>

namespace mtaio {

/// As `AsyncQueue`, but the last item in is the first one out.
///
/// From docs/lifo_queue.md:
///
///     mtaio::LIFOQueue<std::string> stack;
///     co_await stack.put("first");
///     co_await stack.put("second");
///     std::cout << co_await stack.get() << '\n';
template <class T>
class LIFOQueue : public internal::BasicQueue<T, internal::LifoStorage> {
  using Base = internal::BasicQueue<T, internal::LifoStorage>;

 public:
  /// Holds at most `maxsize` items, or any number if that is zero. Throws `std::invalid_argument`
  /// if it is negative.
  explicit LIFOQueue(std::ptrdiff_t maxsize = 0) : Base{"LIFOQueue", maxsize} {}
  explicit LIFOQueue(internal::NotACount auto maxsize) = delete;

  /// As `AsyncQueue::put`, with the same promises.
  typename Base::Put put(T item) { return {this->core(), std::move(item)}; }

  /// As `AsyncQueue::try_put`.
  bool try_put(T& item) {
    return this->try_put_with(item, [](auto&) {});
  }
};

}  // namespace mtaio
