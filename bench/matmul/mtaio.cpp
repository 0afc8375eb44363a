#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "matmul/problem.hpp"
#include "support/benchmark.hpp"

namespace {

mtaio::Task<void> multiply(mtaio::TaskExecutor& executor, bench::Product product) {
  if (product.is_block()) {
    bench::multiply_block(product);
    co_return;
  }
  for (std::size_t half = 0; half < 2; ++half) {
    co_await executor.gather(
        multiply(executor, product.part(0, 0, half)), multiply(executor, product.part(0, 1, half)),
        multiply(executor, product.part(1, 0, half)), multiply(executor, product.part(1, 1, half)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"n", 2048}}};
  bench::Matrices matrices{benchmark["n"]};
  mtaio::TaskExecutor executor;
  benchmark.timed([&] {
    mtaio::run(multiply(executor, matrices.product()), {.threads = benchmark.threads()});
  });
  return benchmark.report(matrices.right(), benchmark["n"] * benchmark["n"]);
}
