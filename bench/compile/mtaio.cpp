#include <mtaio/core.hpp>

#include <vector>

mtaio::Task<int> square(int number) { co_return number* number; }

mtaio::Task<int> sum_of_squares() {
  const std::vector<int> numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  mtaio::TaskExecutor executor;
  int sum = 0;
  for (const int each : co_await executor.map(square, numbers, {.limit = 4})) sum += each;
  co_return sum;
}

int main() { return mtaio::run(sum_of_squares()) == 385 ? 0 : 1; }
