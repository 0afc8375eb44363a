/// A queue between tasks in which urgent items come out first.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/queue/basic_queue.hpp>

#include <cstddef>
#include <stdexcept>
#include <utility>

namespace mtaio {

/// As `AsyncQueue`, but the item with the lowest priority number is the first one out. Items of
/// equal priority come out in the order in which they were put.
///
/// From docs/priority_queue.md:
///
///     mtaio::PriorityQueue<std::string> queue;
///     co_await queue.put("normal task", 2);
///     co_await queue.put("urgent task", 1);
///     std::cout << co_await queue.get() << '\n';
template <class T>
class PriorityQueue : public internal::BasicQueue<T, internal::PriorityStorage> {
  using Base = internal::BasicQueue<T, internal::PriorityStorage>;

 public:
  /// Holds at most `maxsize` items, or any number if that is zero. Throws `std::invalid_argument`
  /// if it is negative.
  explicit PriorityQueue(std::ptrdiff_t maxsize = 0) : Base{"PriorityQueue", maxsize} {}
  explicit PriorityQueue(internal::NotACount auto maxsize) = delete;

  /// As `AsyncQueue::put`, with the same promises. A priority may be negative or infinite. The call
  /// throws `std::invalid_argument` for a priority that is not a number.
  typename Base::Put put(T item, double priority = 0) {
    return {this->core(), std::move(item), checked(priority)};
  }

  /// As `AsyncQueue::try_put`. Throws for a priority that is not a number, as `put` does.
  bool try_put(T& item, double priority = 0) {
    checked(priority);
    return this->try_put_with(item, [priority](auto& node) { node.priority = priority; });
  }

 private:
  static double checked(double priority) {
    if (priority != priority) {  // not a number
      throw std::invalid_argument{
          "PriorityQueue::put(priority=nan): a priority must be a number; use infinity for the "
          "least urgent."};
    }
    return priority;
  }
};

}  // namespace mtaio
