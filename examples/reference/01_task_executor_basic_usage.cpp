/// One task with run(), many with map().
#include <mtaio/core.hpp>

#include <iostream>
#include <ranges>
#include <string>
#include <vector>

mtaio::Task<std::string> process_item(std::string item) { co_return "Processed: " + item; }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;

  // Single task
  const std::string result = co_await executor.run(process_item("data"));
  std::cout << result << '\n';

  // Multiple tasks with concurrency limit
  const std::vector<std::string> items{"item1", "item2", "item3"};
  auto tasks = items | std::views::transform(process_item);
  const auto results = co_await executor.gather(tasks, {.limit = 2});  // at most 2 tasks at a time
  for (const std::string& each : results) std::cout << each << '\n';
}

int main() { mtaio::run(async_main()); }
