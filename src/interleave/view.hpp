/// What a thread knows of memory.
#pragma once

#include "interleave/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mtaio::testing::interleave {

/// The place of a store in the modification order of its location. Stamps grow along the order, and
/// leave gaps, so that a store can be put between two others.
using Stamp = std::uint64_t;

/// For each location, the oldest store that may still be read. Locations are numbered from 0; of
/// those that are not in the array, every store may be read.
class Floors {
 public:
  [[nodiscard]] Stamp of(std::size_t location) const noexcept {
    return location < stamps_.size() ? stamps_[location] : 0;
  }
  void raise(std::size_t location, Stamp stamp) {
    if (location >= stamps_.size()) stamps_.resize(location + 1, 0);
    stamps_[location] = std::max(stamps_[location], stamp);
  }
  void join(const Floors& other) {
    if (stamps_.size() < other.stamps_.size()) stamps_.resize(other.stamps_.size(), 0);
    for (std::size_t i = 0; i < other.stamps_.size(); ++i)
      stamps_[i] = std::max(stamps_[i], other.stamps_[i]);
  }
  /// Keeps the memory for the next execution.
  void clear() noexcept { stamps_.clear(); }

 private:
  std::vector<Stamp> stamps_;
};

/// What has happened before a point in the execution: of plain memory the clock, of atomic memory
/// the floors.
struct View {
  Clock clock;
  Floors floors;

  void join(const View& other) {
    clock.join(other.clock);
    floors.join(other.floors);
  }
  void clear() noexcept {
    clock = {};
    floors.clear();
  }
};

}  // namespace mtaio::testing::interleave
