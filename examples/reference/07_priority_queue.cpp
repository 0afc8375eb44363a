/// The most urgent item comes out first.
#include <mtaio/core.hpp>

#include <iostream>
#include <string>

mtaio::Task<void> priority_queue_example() {
  mtaio::PriorityQueue<std::string> queue;

  // Add items with priority (lower number = higher priority)
  co_await queue.put("normal task", 2);
  co_await queue.put("urgent task", 1);

  // Items are retrieved in priority order
  std::cout << co_await queue.get() << '\n';
  std::cout << co_await queue.get() << '\n';
}

int main() { mtaio::run(priority_queue_example()); }
