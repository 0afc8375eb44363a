#include "skynet/problem.hpp"
#include "support/benchmark.hpp"

#include <tbb/global_control.h>
#include <tbb/task_group.h>

#include <array>
#include <numeric>

namespace {

std::size_t skynet(bench::SkynetNode node) {
  if (node.is_leaf()) return node.first;
  std::array<std::size_t, bench::kBranches> sums{};
  tbb::task_group group;
  // The last one runs in this task.
  constexpr std::size_t kLast = bench::kBranches - 1;
  for (std::size_t i = 0; i < kLast; ++i) {
    group.run([&sums, node, i] { sums[i] = skynet(node.child(i)); });
  }
  sums[kLast] = skynet(node.child(kLast));
  group.wait();
  return std::reduce(sums.begin(), sums.end());
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"depth", 7}}};
  const bench::SkynetNode root = bench::skynet_root(benchmark["depth"]);
  const std::size_t sum = benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    return skynet(root);
  });
  return benchmark.report(sum == bench::skynet_sum(root), root.leaves);
}
