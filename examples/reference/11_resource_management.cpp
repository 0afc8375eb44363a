// Counterpart of "Best Practices: Resource Management".
#include <mtaio/core.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

struct Resource {
  ~Resource() { std::cout << "resource released\n"; }
};

mtaio::Task<void> use_resource(mtaio::Latch& started) {
  const Resource resource;
  started.count_down();
  co_await mtaio::sleep(1h);
}

// An executor is cleaned up when it leaves its scope: what it still runs is asked to stop and
// waited for.
mtaio::Task<void> scoped_executor() {
  mtaio::Latch started{1};
  mtaio::TaskExecutor executor;
  const auto task = executor.create_task(use_resource(started));
  co_await started.wait();
}

// So is a queue, with the items that are left in it.
mtaio::Task<void> scoped_queue() {
  mtaio::AsyncQueue<std::string> queue;
  co_await queue.put("item");
  co_await queue.put("another item");
  const std::string item = co_await queue.get();
  std::cout << item << '\n';

  // Clean up any remaining items before that
  while (auto remaining = queue.try_get()) std::cout << "cleaned up: " << *remaining << '\n';
}

mtaio::Task<void> async_main() {
  co_await scoped_executor();
  co_await scoped_queue();
}

int main() { mtaio::run(async_main()); }
