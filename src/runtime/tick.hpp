/// When a worker does what it does rarely.
#pragma once

#include <cstdint>

namespace mtaio::runtime {

/// Counts how often a worker has looked for its next job.
class Tick {
 public:
  /// After this many ticks a worker looks at what it would otherwise see only when it has run out
  /// of work.
  static constexpr std::uint32_t kBetweenLooks = 32;
  /// After this many ticks a worker takes its oldest fan-out; and as often, it looks at the work of
  /// others. They are so many that it costs nothing.
  static constexpr std::uint32_t kBetweenOldest = 1024;

  void advance() noexcept { ++count_; }

  /// Fan-outs and ready jobs take turns, so that neither starves the other.
  [[nodiscard]] bool is_for_fan_outs() const noexcept { return count_ % 2 == 0; }
  [[nodiscard]] bool is_for_look() const noexcept { return count_ % kBetweenLooks == 0; }
  [[nodiscard]] bool is_for_oldest() const noexcept { return count_ % kBetweenOldest == 0; }
  [[nodiscard]] bool is_for_stealing() const noexcept {
    return count_ % kBetweenOldest == kBetweenOldest / 2;
  }

 private:
  std::uint32_t count_ = 0;  // it may overflow
};

}  // namespace mtaio::runtime
