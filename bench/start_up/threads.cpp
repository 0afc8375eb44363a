#include "support/benchmark.hpp"
#include "support/plain_pool.hpp"

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"runtimes", 2'000}}};
  std::size_t sum = 0;
  benchmark.timed([&] {
    for (std::size_t i = 0; i < benchmark["runtimes"]; ++i) {
      bench::PlainPool pool{benchmark.threads()};
      sum += pool.submit([] { return std::size_t{1}; }).get();
    }
  });
  return benchmark.report(sum == benchmark["runtimes"], sum);
}
