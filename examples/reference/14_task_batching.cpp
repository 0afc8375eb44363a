/// Batches of tasks; and one map() with a limit, which makes batches unnecessary.
#include <mtaio/core.hpp>

#include <iostream>
#include <numeric>
#include <ranges>
#include <vector>

mtaio::Task<int> task(int n) { co_return (n * n); }

int sum_of(const std::vector<int>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0);
}

// Process tasks in batches. The tasks of a batch are made when it starts.
mtaio::Task<void> in_batches(mtaio::TaskExecutor& executor) {
  for (int first = 0; first < 30; first += 10) {
    auto batch = std::views::iota(first, first + 10) | std::views::transform(task);
    const auto results = co_await executor.gather(batch, {.limit = 5});
    std::cout << "batch of " << results.size() << ": " << sum_of(results) << '\n';
  }
}

// map() makes each task when it may start, so no task waits for the last one of an earlier batch.
mtaio::Task<void> all_at_once(mtaio::TaskExecutor& executor) {
  const auto results = co_await executor.map(task, std::views::iota(0, 30), {.limit = 5});
  std::cout << "all " << results.size() << ": " << sum_of(results) << '\n';
}

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  co_await in_batches(executor);
  co_await all_at_once(executor);
}

int main() { mtaio::run(async_main()); }
