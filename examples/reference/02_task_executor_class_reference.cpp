/// Every member of TaskExecutor, with every argument.
#include <mtaio/core.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

mtaio::Task<int> square(int n) { co_return (n * n); }

mtaio::Task<int> product(int a, int b) { co_return (a * b); }

mtaio::Task<int> forever() {
  co_await mtaio::sleep(mtaio::Timeout::forever());
  co_return 0;
}

mtaio::Task<int> odd_only(int n) {
  if (n % 2 == 0) throw std::invalid_argument{std::to_string(n) + " is even"};
  co_return n;
}

void print(const char* what, const std::vector<int>& numbers) {
  std::cout << what;
  for (const int number : numbers) std::cout << ' ' << number;
  std::cout << '\n';
}

void print(const char* what, const std::vector<mtaio::Outcome<int>>& outcomes) {
  std::cout << what;
  for (const auto& outcome : outcomes)
    std::cout << ' ' << (outcome ? std::to_string(*outcome) : "failed");
  std::cout << '\n';
}

mtaio::Task<void> run_one(mtaio::TaskExecutor& executor) {
  std::cout << "run: " << co_await executor.run(square(3), {.timeout = 5s}) << '\n';
  try {
    co_await executor.run(forever(), {.timeout = 1ms});
  } catch (const mtaio::TimeoutError&) {
    std::cout << "run: TimeoutError\n";
  }
  try {
    co_await executor.run(odd_only(2));
  } catch (const mtaio::ExecutionError& error) {
    std::cout << "run: ExecutionError: " << error.what() << '\n';
  }
}

mtaio::Task<void> gather_some(mtaio::TaskExecutor& executor) {
  const auto [nine, sixteen] = co_await executor.gather(square(3), square(4));
  std::cout << "gather: " << nine << ' ' << sixteen << '\n';

  std::vector<mtaio::Task<int>> tasks;
  for (int n = 1; n <= 4; ++n) tasks.push_back(odd_only(n));
  try {
    co_await executor.gather(std::move(tasks), {.limit = 1});
  } catch (const mtaio::ExecutionError& error) {
    std::cout << "gather: ExecutionError: " << error.what() << '\n';
  }

  std::vector<mtaio::Task<int>> again;
  for (int n = 1; n <= 4; ++n) again.push_back(odd_only(n));
  print("gather, return_exceptions:",
        co_await executor.gather(mtaio::return_exceptions, std::move(again), {.limit = 2}));
}

mtaio::Task<void> map_some(mtaio::TaskExecutor& executor) {
  const std::vector<int> numbers{1, 2, 3, 4};
  const std::vector<int> factors{10, 20, 30};
  print("map:", co_await executor.map(square, numbers, {.limit = 2}));
  print("map, two ranges:", co_await executor.map(product, numbers, factors));
  print("map, return_exceptions:",
        co_await executor.map(mtaio::return_exceptions, odd_only, numbers));
}

mtaio::Task<void> async_main() {
  mtaio::ThreadPool thread_pool{2};
  mtaio::TaskExecutor executor{thread_pool};
  co_await run_one(executor);
  co_await gather_some(executor);
  co_await map_some(executor);
}

int main() { mtaio::run(async_main()); }
