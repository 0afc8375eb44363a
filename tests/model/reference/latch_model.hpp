/// What a latch should do.
#pragma once

#include "model/reference/wait.hpp"

#include <algorithm>
#include <cstddef>

namespace model {

class LatchModel {
 public:
  LatchModel(Waits& waits, std::size_t count) noexcept : waits_{waits}, count_{count} {}

  void count_down(std::size_t steps) noexcept {
    count_ -= std::min(count_, steps);
    if (count_ > 0) return;
    while (Wait* first = line_.take_first()) waits_.end(*first, End::kServed);
  }

  /// A wait tries without waiting.
  void wait_at_once(Wait& wait) noexcept {
    if (count_ == 0) waits_.end(wait, End::kServed);
  }
  void wait(Wait& wait) noexcept {
    wait_at_once(wait);
    if (wait.end == End::kNone) waits_.enter(wait, &line_);
  }

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  Waits& waits_;
  std::size_t count_;
  Line line_;
};

}  // namespace model
