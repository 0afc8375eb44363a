/// Numbers that go from producers through a queue to consumers.
#pragma once

#include "support/benchmark.hpp"

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

/// The program around `transfer(traffic, threads)`, which returns the sum of what was taken out.
template <class Transfer>
int measure_transfer(int argc, char** argv, Transfer transfer) {
  Benchmark benchmark{
      argc, argv, {{"items", 4'000'000}, {"producers", 4}, {"consumers", 4}, {"capacity", 1024}}};
  const Traffic traffic{benchmark["items"], benchmark["producers"], benchmark["consumers"],
                        benchmark["capacity"]};
  const std::size_t threads = benchmark.threads();
  const std::size_t sum = benchmark.timed([&] { return transfer(traffic, threads); });
  return benchmark.report(sum == traffic.sum(), traffic.items);
}

}  // namespace bench
