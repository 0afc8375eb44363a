#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <deque>
#include <future>

/// A thread for each function, and at most `limit` threads: the oldest is awaited first.
int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}, {"limit", 64}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    std::deque<std::future<void>> running;
    for (std::size_t i = 0; i < tasks; ++i) {
      if (running.size() == benchmark["limit"]) {
        running.front().get();
        running.pop_front();
      }
      running.push_back(std::async(std::launch::async, [&marks, i] { marks.mark(i); }));
    }
    for (auto& future : running) future.get();
  });
  return benchmark.report(marks.each_once(), tasks);
}
