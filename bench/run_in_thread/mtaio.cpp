#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <ranges>

namespace {

/// `map` runs this in threads, because it is not a coroutine.
mtaio::Task<void> mark_all(bench::Marks& marks, std::size_t tasks, std::size_t limit) {
  mtaio::TaskExecutor executor;
  const auto mark = [&](std::size_t task) { marks.mark(task); };
  co_await executor.map(mark, std::views::iota(0UL, tasks), {.limit = limit});
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}, {"limit", 64}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    mtaio::run(mark_all(marks, tasks, benchmark["limit"]), {.threads = benchmark.threads()});
  });
  return benchmark.report(marks.each_once(), tasks);
}
