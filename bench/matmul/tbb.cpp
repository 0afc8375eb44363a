#include "matmul/problem.hpp"
#include "support/benchmark.hpp"

#include <tbb/global_control.h>
#include <tbb/task_group.h>

namespace {

void multiply(const bench::Product& product) {
  if (product.is_block()) {
    bench::multiply_block(product);
    return;
  }
  for (std::size_t half = 0; half < 2; ++half) {
    tbb::task_group group;
    group.run([part = product.part(0, 0, half)] { multiply(part); });
    group.run([part = product.part(0, 1, half)] { multiply(part); });
    group.run([part = product.part(1, 0, half)] { multiply(part); });
    multiply(product.part(1, 1, half));
    group.wait();
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"n", 2048}}};
  bench::Matrices matrices{benchmark["n"]};
  benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    multiply(matrices.product());
  });
  return benchmark.report(matrices.right(), benchmark["n"] * benchmark["n"]);
}
