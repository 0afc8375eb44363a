#include <mtaio/runtime.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include "support/benchmark.hpp"

#include <atomic>
#include <chrono>
#include <ranges>

using namespace std::chrono_literals;

namespace {

/// Waits for a short time, so that the timeout is armed.
mtaio::Task<void> let_others_run() { co_await mtaio::sleep(0s); }

mtaio::Task<void> work(mtaio::TaskExecutor& executor, std::size_t rounds,
                       std::atomic<std::size_t>& done) {
  for (std::size_t i = 0; i < rounds; ++i) {
    co_await executor.run(let_others_run(), {.timeout = 1h});
  }
  done += rounds;
}

mtaio::Task<std::size_t> work_all(std::size_t tasks, std::size_t rounds) {
  mtaio::TaskExecutor executor;
  std::atomic<std::size_t> done{0};
  const auto task = [&](std::size_t) { return work(executor, rounds, done); };
  co_await executor.map(task, std::views::iota(0UL, tasks));
  co_return done;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000}, {"rounds", 1'000}}};
  const std::size_t done = benchmark.timed([&] {
    return mtaio::run(work_all(benchmark["tasks"], benchmark["rounds"]),
                      {.threads = benchmark.threads()});
  });
  return benchmark.report(done == benchmark["tasks"] * benchmark["rounds"], done);
}
