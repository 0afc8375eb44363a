#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "skynet/problem.hpp"
#include "support/benchmark.hpp"

#include <array>
#include <numeric>
#include <ranges>

namespace {

/// Writes the sum to a place that the caller names, as the program for oneTBB does.
mtaio::Task<void> skynet(mtaio::TaskExecutor& executor, bench::SkynetNode node, std::size_t& sum) {
  if (node.is_leaf()) {
    sum = node.first;
    co_return;
  }
  std::array<std::size_t, bench::kBranches> sums;  // NOLINT(*-pro-type-member-init)
  const auto child = [&](std::size_t i) { return skynet(executor, node.child(i), sums[i]); };
  co_await executor.map(child, std::views::iota(std::size_t{0}, bench::kBranches));
  sum = std::reduce(sums.begin(), sums.end());
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"depth", 7}}};
  const bench::SkynetNode root = bench::skynet_root(benchmark["depth"]);
  mtaio::TaskExecutor executor;
  const std::size_t sum = benchmark.timed([&] {
    std::size_t answer = 0;
    mtaio::run(skynet(executor, root, answer), {.threads = benchmark.threads()});
    return answer;
  });
  return benchmark.report(sum == bench::skynet_sum(root), root.leaves);
}
