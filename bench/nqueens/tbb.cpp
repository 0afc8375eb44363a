#include "nqueens/problem.hpp"
#include "support/benchmark.hpp"

#include <tbb/global_control.h>
#include <tbb/task_group.h>

#include <array>
#include <numeric>

namespace {

std::size_t queens(std::size_t n, const bench::Board& board) {
  if (board.rows == n) return 1;
  std::array<std::size_t, bench::kMaxQueens> ways{};
  tbb::task_group group;
  for (std::size_t column = 0; column < n; ++column) {
    if (!board.allows(column)) continue;
    group.run([&ways, &board, n, column] { ways[column] = queens(n, board.with(column)); });
  }
  group.wait();
  return std::reduce(ways.begin(), ways.end());
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"n", 13}}};
  const std::size_t n = benchmark["n"];
  const std::size_t ways = benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    return queens(n, {});
  });
  return benchmark.report(ways == bench::known_ways(n), ways);
}
