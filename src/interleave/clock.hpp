/// Vector clocks: what happens before what.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace mtaio::testing::interleave {

/// The most threads that a program can have, counted from the first to the last that it starts.
inline constexpr int kMostThreads = 16;

/// For each thread, how much of what it did has happened before a point.
class Clock {
 public:
  [[nodiscard]] std::uint32_t of(int thread) const noexcept {
    return ticks_[static_cast<std::size_t>(thread)];
  }
  void tick(int thread) noexcept { ++ticks_[static_cast<std::size_t>(thread)]; }
  void join(const Clock& other) noexcept {
    for (std::size_t i = 0; i < ticks_.size(); ++i)
      ticks_[i] = std::max(ticks_[i], other.ticks_[i]);
  }

 private:
  std::array<std::uint32_t, kMostThreads> ticks_{};
};

}  // namespace mtaio::testing::interleave
