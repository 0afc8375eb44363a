/// The check for problems whose tasks do nothing: each task has run once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

/// Which tasks have run. Tasks of different numbers may mark concurrently.
class Marks {
 public:
  explicit Marks(std::size_t tasks) : runs_(tasks) {}

  void mark(std::size_t task) { ++runs_[task]; }
  [[nodiscard]] bool each_once() const {
    return std::ranges::all_of(runs_, [](unsigned char runs) { return runs == 1; });
  }

 private:
  std::vector<unsigned char> runs_;
};

}  // namespace bench
