#define TBB_PREVIEW_WAITING_FOR_WORKERS 1
#include "support/benchmark.hpp"

#include <tbb/global_control.h>
#include <tbb/task_group.h>

#include <atomic>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"runtimes", 2'000}}};
  std::atomic<std::size_t> sum{0};
  benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    for (std::size_t i = 0; i < benchmark["runtimes"]; ++i) {
      tbb::task_scheduler_handle scheduler{tbb::attach{}};
      tbb::task_group group;
      group.run_and_wait([&] { ++sum; });
      tbb::finalize(scheduler, std::nothrow);
    }
  });
  return benchmark.report(sum == benchmark["runtimes"], sum);
}
