/// Resources that are released when their task is stopped or their scope is left.
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

// The destructor of an executor asks the tasks that still run to stop, and waits for them.
mtaio::Task<void> scoped_executor() {
  mtaio::Latch started{1};
  mtaio::TaskExecutor executor;
  const auto task = executor.create_task(use_resource(started));
  co_await started.wait();
}

// The destructor of a queue destroys the items that are left in it.
mtaio::Task<void> scoped_queue() {
  mtaio::AsyncQueue<std::string> queue;
  co_await queue.put("item");
  co_await queue.put("another item");
  const std::string item = co_await queue.get();
  std::cout << item << '\n';

  // Or take the remaining items out first.
  while (auto remaining = queue.try_get()) std::cout << "cleaned up: " << *remaining << '\n';
}

mtaio::Task<void> async_main() {
  co_await scoped_executor();
  co_await scoped_queue();
}

int main() { mtaio::run(async_main()); }
