/// Numbers that go from producers through a queue to consumers.
#pragma once

#include <cstddef>
#include <limits>

namespace bench {

/// An item that stands for the end, where a queue has no end of its own.
inline constexpr std::size_t kEnd = std::numeric_limits<std::size_t>::max();

struct Traffic {
  std::size_t items;      // in all; each producer sends an equal share,
  std::size_t producers;  // of which there are this many,
  std::size_t consumers;
  std::size_t capacity;  // of the queue; 0: unbounded

  [[nodiscard]] constexpr std::size_t share() const { return items / producers; }
  /// What the numbers add up to that are taken out, if each is taken once.
  [[nodiscard]] constexpr std::size_t sum() const {
    const std::size_t sent = share() * producers;
    return sent * (sent - 1) / 2;
  }
};

}  // namespace bench
