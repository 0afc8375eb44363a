/// Waiting until three tasks have counted down.
#include <mtaio/core.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

mtaio::Task<void> work(mtaio::Latch& latch) {
  co_await mtaio::sleep(1ms);
  // Decrease count
  co_await latch.count_down();
}

mtaio::Task<void> latch_example() {
  // Create latch with count of 3
  mtaio::Latch latch{3};

  mtaio::TaskExecutor executor;
  const auto one = executor.create_task(work(latch));
  const auto two = executor.create_task(work(latch));
  const auto three = executor.create_task(work(latch));

  // Wait for count to reach 0, with an optional timeout
  const bool reached = co_await latch.wait(5s);
  std::cout << (reached ? "all three have counted down" : "timed out") << '\n';
}

int main() { mtaio::run(latch_example()); }
