#include "support/benchmark.hpp"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"rounds", 100}, {"waiters", 1'000}}};
  const std::size_t waiters = benchmark["waiters"];
  std::atomic<std::size_t> right{0};
  benchmark.timed([&] {
    for (std::size_t i = 0; i < benchmark["rounds"]; ++i) {
      std::latch latch{static_cast<std::ptrdiff_t>(waiters)};
      std::atomic<std::size_t> here{0};
      std::vector<std::jthread> threads;
      for (std::size_t waiter = 0; waiter < waiters; ++waiter) {
        threads.emplace_back([&] {
          ++here;
          latch.arrive_and_wait();
          if (here == waiters) ++right;
        });
      }
    }
  });
  return benchmark.report(right == benchmark["rounds"] * waiters, right);
}
