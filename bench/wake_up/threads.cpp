#include "support/benchmark.hpp"
#include "support/plain_queue.hpp"
#include "wake_up/problem.hpp"

#include <thread>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"samples", 2'000}}};
  bench::WakeUps wake_ups;
  bench::PlainQueue<int> queue{0};
  benchmark.timed([&] {
    const std::jthread worker{[&] {
      while (queue.get()) wake_ups.arrived();
    }};
    wake_ups.run(benchmark["samples"], [&] { queue.put(0); });
    queue.close();
  });
  return wake_ups.report(benchmark, benchmark["samples"]);
}
