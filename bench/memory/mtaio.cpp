#include <mtaio/latch.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <ranges>

namespace {

mtaio::Task<void> wait_once(mtaio::Latch& all_here, bench::Marks& marks, std::size_t task) {
  all_here.count_down();
  co_await all_here.wait();
  marks.mark(task);
}

mtaio::Task<void> wait_together(bench::Marks& marks, std::size_t tasks) {
  mtaio::TaskExecutor executor;
  mtaio::Latch all_here{static_cast<std::ptrdiff_t>(tasks)};
  const auto make = [&](std::size_t task) { return wait_once(all_here, marks, task); };
  co_await executor.gather(std::views::iota(0UL, tasks) | std::views::transform(make));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  const std::size_t peak_at_start = bench::peak_kib();
  benchmark.timed(
      [&] { mtaio::run(wait_together(marks, tasks), {.threads = benchmark.threads()}); });
  benchmark.note("bytes_per_task", static_cast<double>(bench::peak_kib() - peak_at_start) * 1024 /
                                       static_cast<double>(tasks));
  return benchmark.report(marks.each_once(), tasks);
}
