#include "support/benchmark.hpp"
#include "wake_up/problem.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"samples", 2'000}}};
  bench::WakeUps wake_ups;
  benchmark.timed([&] {
    // The outside thread counts as one of them, and runs tasks only if a slot is reserved for it.
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads() + 1};
    tbb::task_arena arena{static_cast<int>(benchmark.threads()), 0};
    wake_ups.run(benchmark["samples"], [&] { arena.enqueue([&] { wake_ups.arrived(); }); });
  });
  return wake_ups.report(benchmark, benchmark["samples"]);
}
