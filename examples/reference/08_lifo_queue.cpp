/// The last item put comes out first.
#include <mtaio/core.hpp>

#include <iostream>
#include <string>

mtaio::Task<void> lifo_queue_example() {
  mtaio::LIFOQueue<std::string> stack;

  co_await stack.put("first");
  co_await stack.put("second");

  const std::string item = co_await stack.get();
  std::cout << item << '\n';
}

int main() { mtaio::run(lifo_queue_example()); }
