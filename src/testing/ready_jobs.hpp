/// The jobs that are ready in a simulation.
#pragma once

#include <mtaio/lowlevel/job.hpp>

#include "testing/lag.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace mtaio::testing {

/// A list of jobs, any of which may be taken. If the first one is taken each time, they come out in
/// the order in which they were added.
class ReadyJobs {
 public:
  struct Entry {
    lowlevel::Job* job;
    Lag::Generation generation;
  };

  /// There is room for this many jobs from the beginning, so that small tests work even if they
  /// make allocations fail.
  static constexpr std::size_t kReserved = 256;

  ReadyJobs() { entries_.reserve(kReserved); }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size() - first_; }

  void add(Entry entry) {
    if (entries_.size() == entries_.capacity() && first_ >= size()) {
      entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    entries_.push_back(entry);
  }

  /// REQUIRES: `index` is below `size()`.
  Entry take(std::size_t index) noexcept {
    std::swap(entries_[first_], entries_[first_ + index]);
    const Entry taken = entries_[first_++];
    if (first_ == entries_.size()) {
      entries_.clear();
      first_ = 0;
    }
    return taken;
  }

 private:
  std::vector<Entry> entries_;
  /// The entries before this one have been taken.
  std::size_t first_ = 0;
};

}  // namespace mtaio::testing
