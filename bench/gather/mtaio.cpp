#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <ranges>

namespace {

mtaio::Task<void> mark(bench::Marks& marks, std::size_t task) {
  marks.mark(task);
  co_return;
}

mtaio::Task<void> mark_all(bench::Marks& marks, std::size_t tasks) {
  mtaio::TaskExecutor executor;
  const auto make = [&](std::size_t task) { return mark(marks, task); };
  co_await executor.gather(std::views::iota(0UL, tasks) | std::views::transform(make));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] { mtaio::run(mark_all(marks, tasks), {.threads = benchmark.threads()}); });
  return benchmark.report(marks.each_once(), tasks);
}
