#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "skynet/problem.hpp"
#include "support/benchmark.hpp"

#include <numeric>
#include <ranges>

namespace {

mtaio::Task<std::size_t> skynet(mtaio::TaskExecutor& executor, bench::SkynetNode node) {
  if (node.is_leaf()) co_return node.first;
  const auto child = [&](std::size_t i) { return skynet(executor, node.child(i)); };
  const auto sums = co_await executor.map(child, std::views::iota(0UL, bench::kBranches));
  co_return std::reduce(sums.begin(), sums.end());
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"depth", 7}}};
  const bench::SkynetNode root = bench::skynet_root(benchmark["depth"]);
  mtaio::TaskExecutor executor;
  const std::size_t sum = benchmark.timed(
      [&] { return mtaio::run(skynet(executor, root), {.threads = benchmark.threads()}); });
  return benchmark.report(sum == bench::skynet_sum(root), root.leaves);
}
