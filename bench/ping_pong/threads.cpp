#include "support/benchmark.hpp"
#include "support/plain_queue.hpp"

#include <thread>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"rounds", 1'000'000}}};
  const std::size_t rounds = benchmark["rounds"];
  bench::PlainQueue<std::size_t> there{1};
  bench::PlainQueue<std::size_t> back{1};
  std::size_t right = 0;
  benchmark.timed([&] {
    const std::jthread pong{[&] {
      for (std::size_t i = 0; i < rounds; ++i) back.put(*there.get() + 1);
    }};
    for (std::size_t i = 0; i < rounds; ++i) {
      there.put(i);
      if (*back.get() == i + 1) ++right;
    }
  });
  return benchmark.report(right == rounds, rounds);
}
