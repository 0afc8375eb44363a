#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>

namespace {

/// In oneTBB, a pipeline has a limit: its number of tokens.
void mark_all(bench::Marks& marks, std::size_t tasks, std::size_t limit) {
  std::size_t next = 0;
  const auto take = [&](tbb::flow_control& control) -> std::size_t {
    if (next == tasks) control.stop();
    return next++;
  };
  const auto mark = [&](std::size_t task) { marks.mark(task); };
  tbb::parallel_pipeline(
      limit, tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order, take) &
                 tbb::make_filter<std::size_t, void>(tbb::filter_mode::parallel, mark));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}, {"limit", 1'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    mark_all(marks, tasks, benchmark["limit"]);
  });
  return benchmark.report(marks.each_once(), tasks);
}
