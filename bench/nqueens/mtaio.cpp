#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "nqueens/problem.hpp"
#include "support/benchmark.hpp"

#include <numeric>

namespace {

mtaio::Task<std::size_t> queens(mtaio::TaskExecutor& executor, std::size_t n, bench::Board board) {
  if (board.rows == n) co_return 1;
  const bench::Columns columns = board.allowed(n);
  const auto place = [&](std::size_t column) { return queens(executor, n, board.with(column)); };
  const auto ways = co_await executor.map(place, columns);
  co_return std::reduce(ways.begin(), ways.end());
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"n", 13}}};
  const std::size_t n = benchmark["n"];
  mtaio::TaskExecutor executor;
  const std::size_t ways = benchmark.timed(
      [&] { return mtaio::run(queens(executor, n, {}), {.threads = benchmark.threads()}); });
  return benchmark.report(ways == bench::known_ways(n), ways);
}
