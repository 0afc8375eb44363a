#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "nqueens/problem.hpp"
#include "support/benchmark.hpp"

#include <array>
#include <numeric>
#include <ranges>

namespace {

/// Writes the answer to a place that the caller names, as the program for oneTBB does. Otherwise
/// the benchmark would also measure a vector of results for each square.
mtaio::Task<void> queens(mtaio::TaskExecutor& executor, std::size_t n, bench::Board board,
                         std::size_t& answer) {
  if (board.rows == n) {
    answer = 1;
    co_return;
  }
  const bench::Columns columns = board.allowed(n);
  std::array<std::size_t, bench::kMaxQueens> ways;  // NOLINT(*-pro-type-member-init)
  const auto place = [&](std::size_t i) {
    return queens(executor, n, board.with(columns[i]), ways[i]);
  };
  co_await executor.map(place, std::views::iota(std::size_t{0}, columns.size()));
  answer = std::reduce(ways.data(), ways.data() + columns.size());
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"n", 13}}};
  const std::size_t n = benchmark["n"];
  mtaio::TaskExecutor executor;
  const std::size_t ways = benchmark.timed([&] {
    std::size_t answer = 0;
    mtaio::run(queens(executor, n, {}, answer), {.threads = benchmark.threads()});
    return answer;
  });
  return benchmark.report(ways == bench::known_ways(n), ways);
}
