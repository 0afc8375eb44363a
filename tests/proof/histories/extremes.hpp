/// The lowest, and the highest, in a range.
#pragma once

#include "proof/histories/history.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace histories {

/// A segment tree.
template <class T>
class Lowest {
 public:
  Lowest(std::size_t size, T highest) : size_{size}, highest_{highest}, tree_(2 * size, highest) {}

  void lower(std::size_t at, T value) {
    for (at += size_; at > 0; at /= 2) tree_[at] = std::min(tree_[at], value);
  }
  /// Of the places from `first` up to, not including, `last`.
  [[nodiscard]] T in(std::size_t first, std::size_t last) const {
    T lowest = highest_;
    for (first += size_, last += size_; first < last; first /= 2, last /= 2) {
      if (first % 2 == 1) lowest = std::min(lowest, tree_[first++]);
      if (last % 2 == 1) lowest = std::min(lowest, tree_[--last]);
    }
    return lowest;
  }

 private:
  std::size_t size_;
  T highest_;
  std::vector<T> tree_;
};

/// Times in order, to find places in.
class Times {
 public:
  explicit Times(std::vector<Time> times) : sorted_{std::move(times)} {
    std::ranges::sort(sorted_);
  }
  [[nodiscard]] std::size_t size() const noexcept { return sorted_.size(); }
  /// How many are before `time`.
  [[nodiscard]] std::size_t before(Time time) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(sorted_, time) - sorted_.begin());
  }

 private:
  std::vector<Time> sorted_;
};

/// How a count changes with time.
class Course {
 public:
  /// `changes` by one each, at different times.
  explicit Course(std::vector<std::pair<Time, long>> changes)
      : lowest_{changes.size() + 1, kMost}, highest_{changes.size() + 1, kMost} {
    std::ranges::sort(changes);
    long count = 0;
    times_.reserve(changes.size());
    note(count);
    for (const auto& [time, change] : changes) {
      times_.push_back(time);
      note(count += change);
    }
  }

  [[nodiscard]] long lowest(Time first, Time last) const {
    return lowest_.in(before(first), before(last) + 1);
  }
  [[nodiscard]] long highest(Time first, Time last) const {
    return -highest_.in(before(first), before(last) + 1);
  }

 private:
  static constexpr long kMost = std::numeric_limits<long>::max();

  void note(long count) {
    lowest_.lower(times_.size(), count);
    highest_.lower(times_.size(), -count);
  }
  [[nodiscard]] std::size_t before(Time time) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(times_, time) - times_.begin());
  }

  std::vector<Time> times_;
  Lowest<long> lowest_;   // after so many changes
  Lowest<long> highest_;  // of the negative count
};

}  // namespace histories
