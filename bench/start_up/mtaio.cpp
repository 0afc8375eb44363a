#include <mtaio/runtime.hpp>
#include <mtaio/task.hpp>

#include "support/benchmark.hpp"

namespace {

mtaio::Task<std::size_t> one() { co_return 1; }

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"runtimes", 2'000}}};
  std::size_t sum = 0;
  benchmark.timed([&] {
    for (std::size_t i = 0; i < benchmark["runtimes"]; ++i) {
      sum += mtaio::run(one(), {.threads = benchmark.threads()});
    }
  });
  return benchmark.report(sum == benchmark["runtimes"], sum);
}
