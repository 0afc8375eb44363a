/// A deep priority queue. Several tasks take the first item and put it back further behind.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

struct Item {
  double priority = 0;  // the lowest number first
  std::size_t number = 0;
};

/// How far behind an item is put: pseudo-random numbers.
class Steps {
 public:
  explicit Steps(std::size_t seed) : state_{seed * 2 + 1} {}
  double next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 44U);
  }

 private:
  std::uint64_t state_;
};

/// Checks the items that are left at the end, in the order of the queue.
class Remains {
 public:
  void add(const Item& item) {
    in_order_ = in_order_ && item.priority >= last_;
    last_ = item.priority;
    sum_ += item.number;
    ++count_;
  }
  [[nodiscard]] bool right(std::size_t depth) const {
    return in_order_ && count_ == depth && sum_ == depth * (depth - 1) / 2;
  }

 private:
  bool in_order_ = true;
  double last_ = 0;
  std::size_t sum_ = 0;
  std::size_t count_ = 0;
};

}  // namespace bench
