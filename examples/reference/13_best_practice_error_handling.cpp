/// Telling a failure from a timeout.
#include <mtaio/core.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <utility>

using namespace std::chrono_literals;

mtaio::Task<void> risky_operation() {
  throw std::runtime_error{"disk full"};
  co_return;
}

mtaio::Task<void> endless_operation() { co_await mtaio::sleep(1h); }

mtaio::Task<void> handle_execution(mtaio::Task<void> operation) {
  try {
    mtaio::TaskExecutor executor;
    co_await executor.run(std::move(operation), {.timeout = 100ms});
  } catch (const mtaio::ExecutionError& error) {
    // Handle execution error
    std::cout << "Execution failed: " << error.what() << '\n';
  } catch (const mtaio::TimeoutError& error) {
    // Handle timeout
    std::cout << "Operation timed out: " << error.what() << '\n';
  }
}

mtaio::Task<void> async_main() {
  co_await handle_execution(risky_operation());
  co_await handle_execution(endless_operation());
}

int main() { mtaio::run(async_main()); }
