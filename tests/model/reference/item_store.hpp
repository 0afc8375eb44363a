/// What is inside a queue, and which of it comes out next.
#pragma once

#include "model/explore/check.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace model {

enum class Order : std::uint8_t { kFirstInFirstOut, kLastInFirstOut, kPriority };

class ItemStore {
 public:
  struct Item {
    int number = 0;
    double priority = 0;
    std::uint64_t sequence = 0;  // among those of equal priority, the first one in goes first
  };

  explicit ItemStore(Order order) noexcept : order_{order} {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void push(int number, double priority) noexcept {
    insert({.number = number, .priority = priority, .sequence = ++last_sequence_}, size_);
  }
  /// An item that was taken could not be delivered: in turn it comes first.
  void put_back(const Item& item) noexcept {
    insert(item, order_ == Order::kFirstInFirstOut ? 0 : size_);
  }
  /// REQUIRES: there is one.
  Item take() noexcept {
    std::size_t next = order_ == Order::kLastInFirstOut ? size_ - 1 : 0;
    if (order_ == Order::kPriority) {
      for (std::size_t i = 1; i < size_; ++i) {
        if (goes_before(items_[i], items_[next])) next = i;
      }
    }
    const Item item = items_[next];
    std::copy(items_.begin() + next + 1, items_.begin() + size_, items_.begin() + next);
    --size_;
    return item;
  }
  void clear() noexcept { size_ = 0; }

 private:
  void insert(const Item& item, std::size_t at) noexcept {
    expect(size_ < items_.size(), "the program puts more than its model can hold");
    std::copy_backward(items_.begin() + at, items_.begin() + size_, items_.begin() + size_ + 1);
    items_[at] = item;
    ++size_;
  }
  static bool goes_before(const Item& a, const Item& b) noexcept {
    return a.priority != b.priority ? a.priority < b.priority : a.sequence < b.sequence;
  }

  Order order_;
  std::size_t size_ = 0;
  std::array<Item, 64> items_{};  // in the order in which they came
  std::uint64_t last_sequence_ = 0;
};

}  // namespace model
