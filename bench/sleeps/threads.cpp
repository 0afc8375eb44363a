#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 100'000}, {"limit", 1'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  std::atomic<std::size_t> next{0};
  benchmark.timed([&] {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < benchmark["limit"]; ++i) {
      threads.emplace_back([&] {
        for (std::size_t task = next++; task < tasks; task = next++) {
          std::this_thread::sleep_for(10ms);
          marks.mark(task);
        }
      });
    }
  });
  return benchmark.report(marks.each_once(), tasks);
}
