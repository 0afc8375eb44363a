#include "priority_queue/problem.hpp"
#include "support/benchmark.hpp"

#include <tbb/concurrent_priority_queue.h>
#include <tbb/global_control.h>
#include <tbb/task_group.h>

namespace {

/// The order for a queue that returns the greatest item first.
struct Behind {
  bool operator()(const bench::Item& a, const bench::Item& b) const {
    return a.priority > b.priority;
  }
};
using Queue = tbb::concurrent_priority_queue<bench::Item, Behind>;

void move_back(Queue& queue, std::size_t seed, std::size_t rounds) {
  bench::Steps steps{seed};
  for (std::size_t i = 0; i < rounds; ++i) {
    bench::Item item;
    while (!queue.try_pop(item)) {
    }
    item.priority += steps.next();
    queue.push(item);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"depth", 100'000}, {"rounds", 1'000'000}, {"tasks", 4}}};
  const std::size_t tasks = benchmark["tasks"];
  Queue queue;
  bench::Steps steps{0};
  for (std::size_t i = 0; i < benchmark["depth"]; ++i) queue.push({steps.next(), i});
  benchmark.timed([&] {
    const tbb::global_control threads{tbb::global_control::max_allowed_parallelism,
                                      benchmark.threads()};
    tbb::task_group group;
    for (std::size_t i = 0; i < tasks; ++i) {
      group.run([&, i] { move_back(queue, i + 1, benchmark["rounds"] / tasks); });
    }
    group.wait();
  });
  bench::Remains remains;
  for (bench::Item item; queue.try_pop(item);) remains.add(item);
  return benchmark.report(remains.right(benchmark["depth"]), benchmark["rounds"]);
}
