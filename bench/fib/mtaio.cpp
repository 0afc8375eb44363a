#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "fib/problem.hpp"
#include "support/benchmark.hpp"

namespace {

mtaio::Task<std::size_t> fib(mtaio::TaskExecutor& executor, std::size_t n) {
  if (n < 2) co_return n;
  const auto [a, b] = co_await executor.gather(fib(executor, n - 1), fib(executor, n - 2));
  co_return a + b;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"n", 36}}};
  const std::size_t n = benchmark["n"];
  mtaio::TaskExecutor executor;
  const std::size_t result = benchmark.timed(
      [&] { return mtaio::run(fib(executor, n), {.threads = benchmark.threads()}); });
  return benchmark.report(result == bench::fibonacci(n), bench::fibonacci_calls(n));
}
