#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <tbb/global_control.h>
#include <tbb/task_group.h>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    tbb::task_group group;
    for (std::size_t i = 0; i < tasks; ++i) {
      group.run([&marks, i] { marks.mark(i); });
    }
    group.wait();
  });
  return benchmark.report(marks.each_once(), tasks);
}
