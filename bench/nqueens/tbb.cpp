#include "nqueens/problem.hpp"
#include "support/benchmark.hpp"

#include <tbb/global_control.h>
#include <tbb/task_group.h>

#include <array>
#include <numeric>

namespace {

std::size_t queens(std::size_t n, bench::Board board) {
  if (board.rows == n) return 1;
  const bench::Columns columns = board.allowed(n);
  if (columns.size() == 0) return 0;
  // The last one runs in this task.
  const std::size_t last = columns.size() - 1;
  std::array<std::size_t, bench::kMaxQueens> ways;  // NOLINT(*-pro-type-member-init)
  tbb::task_group group;
  for (std::size_t i = 0; i < last; ++i) {
    group.run([&ways, n, next = board.with(columns[i]), i] { ways[i] = queens(n, next); });
  }
  ways[last] = queens(n, board.with(columns[last]));
  group.wait();
  return std::reduce(ways.data(), ways.data() + columns.size());
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
