/// Every member of AsyncQueue, with a producer and a consumer that wait for each other.
#include <mtaio/core.hpp>

#include <iostream>
#include <optional>

void print(const mtaio::AsyncQueue<int>& queue) {
  std::cout << std::boolalpha << "qsize " << queue.qsize() << ", empty " << queue.empty()
            << ", full " << queue.full() << '\n';
}

mtaio::Task<void> produce(mtaio::AsyncQueue<int>& queue) {
  for (int item = 1; item <= 4; ++item) co_await queue.put(item);  // waits while two are in it
  co_await queue.join();  // waits until the last is processed
  queue.shutdown();
}

mtaio::Task<int> consume(mtaio::AsyncQueue<int>& queue) {
  int sum = 0;
  while (const std::optional<int> item = co_await queue.next()) {
    sum += *item;
    queue.task_done();
  }
  co_return sum;
}

mtaio::Task<void> async_main() {
  mtaio::AsyncQueue<int> queue{2};
  std::cout << "maxsize " << queue.maxsize() << '\n';
  print(queue);
  co_await queue.put(5);
  co_await queue.put(6);
  print(queue);

  int rejected = 7;
  std::cout << "put without waiting: " << queue.try_put(rejected) << '\n';
  std::cout << "get: " << co_await queue.get() << '\n';
  std::cout << "get without waiting: " << queue.try_get().value() << '\n';
  queue.task_done();
  queue.task_done();
  co_await queue.join();
  print(queue);

  mtaio::TaskExecutor executor;
  const auto [produced, sum] = co_await executor.gather(produce(queue), consume(queue));
  std::cout << "sum " << sum << '\n';
  try {
    co_await queue.put(8);
  } catch (const mtaio::QueueShutDown& error) {
    std::cout << error.what() << '\n';
  }
}

int main() { mtaio::run(async_main()); }
