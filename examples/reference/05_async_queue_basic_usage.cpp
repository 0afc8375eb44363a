/// put(), get(), task_done() and join().
#include <mtaio/core.hpp>

#include <iostream>
#include <string>

mtaio::Task<void> producer_consumer() {
  mtaio::AsyncQueue<std::string> queue{10};

  // Producer
  co_await queue.put("item");

  // Consumer
  const std::string item = co_await queue.get();
  std::cout << item << '\n';
  queue.task_done();

  // Wait for all items to be processed
  co_await queue.join();
  std::cout << "all done\n";
}

int main() { mtaio::run(producer_consumer()); }
