#include "fib/problem.hpp"
#include "support/benchmark.hpp"

#include <tbb/global_control.h>
#include <tbb/task_group.h>

namespace {

std::size_t fib(std::size_t n) {
  if (n < 2) return n;
  std::size_t a = 0;
  tbb::task_group group;
  group.run([&a, n] { a = fib(n - 1); });
  const std::size_t b = fib(n - 2);
  group.wait();
  return a + b;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"n", 36}}};
  const std::size_t n = benchmark["n"];
  const std::size_t result = benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    return fib(n);
  });
  return benchmark.report(result == bench::fibonacci(n), bench::fibonacci_calls(n));
}
