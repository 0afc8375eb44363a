/// What a heap of timers should do.
#pragma once

#include "model/reference/wait.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace model {

template <std::size_t kTimers>
class TimerModel {
 public:
  [[nodiscard]] bool is_armed(std::size_t timer) const noexcept { return entries_[timer].armed; }

  /// Whether it is now the first.
  bool arm(std::size_t timer, Time deadline) noexcept {
    entries_[timer] = {.armed = true, .deadline = deadline, .sequence = ++last_sequence_};
    return first() == timer;
  }
  void disarm(std::size_t timer) noexcept { entries_[timer].armed = false; }

  /// The one that is due next; kTimers if there is none.
  [[nodiscard]] std::size_t first() const noexcept {
    std::size_t first = kTimers;
    for (std::size_t i = 0; i < kTimers; ++i) {
      if (entries_[i].armed && (first == kTimers || entries_[i].goes_before(entries_[first]))) {
        first = i;
      }
    }
    return first;
  }
  [[nodiscard]] Time next_deadline() const noexcept {
    const std::size_t first = this->first();
    return first == kTimers ? kNever : entries_[first].deadline;
  }

 private:
  struct Entry {
    bool armed = false;
    Time deadline{};
    std::uint64_t sequence = 0;  // equal deadlines: first armed, first fired

    [[nodiscard]] bool goes_before(const Entry& other) const noexcept {
      return deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence;
    }
  };

  std::array<Entry, kTimers> entries_{};
  std::uint64_t last_sequence_ = 0;
};

}  // namespace model
