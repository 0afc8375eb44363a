/// A bound that keeps the memory of a queue small.
#include <mtaio/core.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>

mtaio::Task<void> produce(mtaio::AsyncQueue<std::string>& queue) {
  for (int i = 0; i < 10'000; ++i) co_await queue.put("item " + std::to_string(i));
  queue.shutdown();
}

mtaio::Task<std::size_t> consume(mtaio::AsyncQueue<std::string>& queue) {
  std::size_t largest = 0;
  while (const auto item = co_await queue.next()) largest = std::max(largest, queue.qsize());
  co_return largest;
}

mtaio::Task<void> async_main() {
  // Set appropriate queue sizes: a producer that is too fast waits, instead of filling the memory.
  mtaio::AsyncQueue<std::string> queue{1000};

  mtaio::TaskExecutor executor;
  const auto [produced, largest] = co_await executor.gather(produce(queue), consume(queue));
  std::cout << "never more than 1000 items: " << (largest <= 1000 ? "yes" : "no") << '\n';
}

int main() { mtaio::run(async_main()); }
