#include <mtaio/runtime.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <chrono>
#include <ranges>

using namespace std::chrono_literals;

namespace {

mtaio::Task<void> sleep_once(bench::Marks& marks, std::size_t task) {
  co_await mtaio::sleep(10ms);
  marks.mark(task);
}

mtaio::Task<void> sleep_all(bench::Marks& marks, std::size_t tasks, std::size_t limit) {
  mtaio::TaskExecutor executor;
  const auto make = [&](std::size_t task) { return sleep_once(marks, task); };
  co_await executor.map(make, std::views::iota(0UL, tasks), {.limit = limit});
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 100'000}, {"limit", 1'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    mtaio::run(sleep_all(marks, tasks, benchmark["limit"]), {.threads = benchmark.threads()});
  });
  return benchmark.report(marks.each_once(), tasks);
}
