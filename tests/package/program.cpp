#include <mtaio/core.hpp>

#include <chrono>
#include <iostream>
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

int main() { mtaio::run(async_main()); }
