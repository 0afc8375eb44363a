#include <mtaio/async_queue.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "queue/problem.hpp"

#include <numeric>
#include <ranges>

namespace {

using Queue = mtaio::AsyncQueue<std::size_t>;

mtaio::Task<void> produce(Queue& queue, std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) co_await queue.put(i);
}

mtaio::Task<std::size_t> consume(Queue& queue) {
  std::size_t sum = 0;
  while (const auto item = co_await queue.next()) sum += *item;
  co_return sum;
}

mtaio::Task<void> produce_all(mtaio::TaskExecutor& executor, Queue& queue,
                              const bench::Traffic& traffic) {
  const auto producer = [&](std::size_t i) {
    return produce(queue, i * traffic.share(), traffic.share());
  };
  co_await executor.map(producer, std::views::iota(0UL, traffic.producers));
  queue.shutdown();
}

mtaio::Task<std::size_t> consume_all(mtaio::TaskExecutor& executor, Queue& queue,
                                     const bench::Traffic& traffic) {
  const auto consumer = [&](std::size_t) { return consume(queue); };
  const auto sums = co_await executor.map(consumer, std::views::iota(0UL, traffic.consumers));
  co_return std::reduce(sums.begin(), sums.end());
}

mtaio::Task<std::size_t> transfer(const bench::Traffic& traffic) {
  mtaio::TaskExecutor executor;
  Queue queue{static_cast<std::ptrdiff_t>(traffic.capacity)};
  const auto [sent, sum] = co_await executor.gather(produce_all(executor, queue, traffic),
                                                    consume_all(executor, queue, traffic));
  co_return sum;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::measure_transfer(argc, argv,
                                 [](const bench::Traffic& traffic, std::size_t threads) {
                                   return mtaio::run(transfer(traffic), {.threads = threads});
                                 });
}
