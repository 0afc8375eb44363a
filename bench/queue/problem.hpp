/// Producers send numbers through a queue to consumers.
#pragma once

#include "support/benchmark.hpp"

#include <cstddef>
#include <limits>

namespace bench {

/// The item that marks the end, for queues that cannot be shut down.
inline constexpr std::size_t kEnd = std::numeric_limits<std::size_t>::max();

struct Traffic {
  /// The items of all producers. Each producer sends an equal share.
  std::size_t items;
  std::size_t producers;
  std::size_t consumers;
  /// The bound of the queue; 0: unbounded.
  std::size_t capacity;

  [[nodiscard]] constexpr std::size_t share() const { return items / producers; }
  /// The sum of the numbers that are taken out, if each is taken once.
  [[nodiscard]] constexpr std::size_t sum() const {
    const std::size_t sent = share() * producers;
    return sent * (sent - 1) / 2;
  }
};

/// The body of main(). `transfer(traffic, threads)` returns the sum of the numbers taken out.
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
