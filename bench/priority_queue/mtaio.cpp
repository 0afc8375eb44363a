#include <mtaio/priority_queue.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "priority_queue/problem.hpp"
#include "support/benchmark.hpp"

#include <ranges>

namespace {

using Queue = mtaio::PriorityQueue<bench::Item>;

mtaio::Task<void> fill(Queue& queue, std::size_t depth) {
  bench::Steps steps{0};
  for (std::size_t i = 0; i < depth; ++i) {
    const bench::Item item{steps.next(), i};
    co_await queue.put(item, item.priority);
  }
}

mtaio::Task<void> move_back(Queue& queue, std::size_t seed, std::size_t rounds) {
  bench::Steps steps{seed};
  for (std::size_t i = 0; i < rounds; ++i) {
    bench::Item item = co_await queue.get();
    item.priority += steps.next();
    co_await queue.put(item, item.priority);
  }
}

mtaio::Task<void> work(Queue& queue, std::size_t tasks, std::size_t rounds) {
  mtaio::TaskExecutor executor;
  const auto task = [&](std::size_t i) { return move_back(queue, i + 1, rounds / tasks); };
  co_await executor.map(task, std::views::iota(0UL, tasks));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"depth", 100'000}, {"rounds", 1'000'000}, {"tasks", 4}}};
  mtaio::Runtime runtime{{.threads = benchmark.threads()}};
  Queue queue;
  runtime.run(fill(queue, benchmark["depth"]));
  benchmark.timed([&] { runtime.run(work(queue, benchmark["tasks"], benchmark["rounds"])); });
  bench::Remains remains;
  while (const auto item = queue.try_get()) remains.add(*item);
  return benchmark.report(remains.right(benchmark["depth"]), benchmark["rounds"]);
}
