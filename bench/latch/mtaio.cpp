#include <mtaio/latch.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "support/benchmark.hpp"

#include <atomic>
#include <ranges>

namespace {

mtaio::Task<void> meet(mtaio::Latch& latch, std::atomic<std::size_t>& here, std::size_t waiters,
                       std::atomic<std::size_t>& right) {
  ++here;
  latch.count_down();
  co_await latch.wait();
  if (here == waiters) ++right;
}

/// Returns how many tasks saw that all had arrived when their wait ended.
mtaio::Task<std::size_t> meet_often(std::size_t rounds, std::size_t waiters) {
  mtaio::TaskExecutor executor;
  std::atomic<std::size_t> right{0};
  for (std::size_t i = 0; i < rounds; ++i) {
    mtaio::Latch latch{static_cast<std::ptrdiff_t>(waiters)};
    std::atomic<std::size_t> here{0};
    const auto task = [&](std::size_t) { return meet(latch, here, waiters, right); };
    co_await executor.map(task, std::views::iota(0UL, waiters));
  }
  co_return right;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"rounds", 100}, {"waiters", 1'000}}};
  const std::size_t right = benchmark.timed([&] {
    return mtaio::run(meet_often(benchmark["rounds"], benchmark["waiters"]),
                      {.threads = benchmark.threads()});
  });
  return benchmark.report(right == benchmark["rounds"] * benchmark["waiters"], right);
}
