#include "support/benchmark.hpp"
#include "support/marks.hpp"
#include "support/plain_pool.hpp"

#include <future>
#include <vector>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    bench::PlainPool pool{benchmark.threads()};
    std::vector<std::future<void>> futures;
    for (std::size_t i = 0; i < tasks; ++i) {
      futures.push_back(pool.submit([&marks, i] { marks.mark(i); }));
    }
    for (auto& future : futures) future.get();
  });
  return benchmark.report(marks.each_once(), tasks);
}
