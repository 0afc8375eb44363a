#include <mtaio/async_queue.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task.hpp>

#include "support/benchmark.hpp"
#include "wake_up/problem.hpp"

#include <thread>

namespace {

mtaio::Task<void> receive(mtaio::AsyncQueue<int>& queue, bench::WakeUps& wake_ups) {
  while (const auto arrived = co_await queue.next()) wake_ups.arrived();
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"samples", 2'000}}};
  bench::WakeUps wake_ups;
  mtaio::AsyncQueue<int> queue;
  benchmark.timed([&] {
    const std::jthread outside{[&] {
      wake_ups.run(benchmark["samples"], [&] {
        int item = 0;
        queue.try_put(item);
      });
      queue.shutdown();
    }};
    mtaio::run(receive(queue, wake_ups), {.threads = benchmark.threads()});
  });
  return wake_ups.report(benchmark, benchmark["samples"]);
}
