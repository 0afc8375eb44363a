#include <mtaio/core.hpp>
#include <mtaio/testing/explore.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

mtaio::Task<std::string> process_item(std::string item) { co_return "Processed: " + item; }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  const std::vector<std::string> items{"item1", "item2", "item3"};
  const auto results = co_await executor.map(process_item, items, {.limit = 2});
  for (const auto& result : results) std::cout << result << '\n';

  // The exception is thrown in the library and caught here, by its type.
  bool timed_out = false;
  try {
    co_await executor.run(mtaio::sleep(1h), {.timeout = 1ms});
  } catch (const mtaio::TimeoutError&) {
    timed_out = true;
  }
  if (!timed_out) throw std::logic_error("a sleep of an hour was over after a millisecond");
}

/// What queues have in common is compiled in the library, once for each kind of queue.
template <class Queue>
mtaio::Task<void> pass_through() {
  Queue queue;
  co_await queue.put(std::string{"item"});
  if (co_await queue.get() != "item") throw std::logic_error("a queue gave another item");
  queue.task_done();
  co_await queue.join();
  queue.shutdown();
  if (co_await queue.next()) throw std::logic_error("a queue that was shut down gave an item");
}

mtaio::Task<void> wait_for_ever() {
  mtaio::Latch never{1};
  co_await never.wait();
}

/// The same in virtual time, with the other library.
void test(mtaio::testing::Simulation& simulation) {
  simulation.run(mtaio::sleep(1h));
  if (simulation.elapsed() < 1h) throw std::logic_error("an hour was over too early");
  bool stuck = false;
  try {
    simulation.run(wait_for_ever());
  } catch (const mtaio::testing::Stuck&) {
    stuck = true;
  }
  if (!stuck) throw std::logic_error("a task that waits for ever was not noticed");
}

int main() {
  mtaio::run(async_main());
  mtaio::run(pass_through<mtaio::AsyncQueue<std::string>>());
  mtaio::run(pass_through<mtaio::LIFOQueue<std::string>>());
  mtaio::run(pass_through<mtaio::PriorityQueue<std::string>>());
  mtaio::testing::explore(test, {.seeds = 100});
}
