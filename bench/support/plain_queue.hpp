/// A queue between threads, as programmers write it without a library.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

namespace bench {

template <class T>
class PlainQueue {
 public:
  /// 0: unbounded.
  explicit PlainQueue(std::size_t capacity)
      : capacity_{capacity > 0 ? capacity : std::numeric_limits<std::size_t>::max()} {}

  void put(T item) {
    std::unique_lock guard{mutex_};
    room_.wait(guard, [this] { return items_.size() < capacity_; });
    items_.push_back(std::move(item));
    guard.unlock();
    filled_.notify_one();
  }

  /// Returns nullopt if the queue is closed and empty.
  std::optional<T> get() {
    std::unique_lock guard{mutex_};
    filled_.wait(guard, [this] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item{std::move(items_.front())};
    items_.pop_front();
    guard.unlock();
    room_.notify_one();
    return item;
  }

  void close() {
    {
      const std::scoped_lock guard{mutex_};
      closed_ = true;
    }
    filled_.notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;  // guards the next two
  std::deque<T> items_;
  bool closed_ = false;
  std::condition_variable filled_;
  std::condition_variable room_;
};

}  // namespace bench
