/// When a worker does its rare work.
#pragma once

#include <cstdint>

namespace mtaio::runtime {

/// Counts how often a worker has looked for its next job.
class Tick {
 public:
  /// Every kBetweenLooks ticks a worker checks the places that it would otherwise check only when
  /// it runs out of work.
  static constexpr std::uint32_t kBetweenLooks = 32;
  /// Every kBetweenOldest ticks a worker takes its oldest fan-out; halfway between, it looks at the
  /// work of other workers. Both are so rare that they cost nothing.
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
