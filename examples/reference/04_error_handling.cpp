/// Failures as results (return_exceptions), and as an ExecutionError.
#include <mtaio/core.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

mtaio::Task<std::string> fetch(int page) {
  if (page == 2) throw std::runtime_error{"connection refused"};
  co_return "page " + std::to_string(page);
}

void print(const mtaio::Outcome<std::string>& result) {
  try {
    const std::string& page = result.value();  // throws what the task threw
    std::cout << "Task gave: " << page << '\n';
  } catch (const std::exception& error) {
    std::cout << "Task failed: " << error.what() << '\n';
  }
}

mtaio::Task<void> handle_execution_errors() {
  const std::vector<int> pages{1, 2, 3};
  try {
    mtaio::TaskExecutor executor;
    const auto results = co_await executor.map(mtaio::return_exceptions, fetch, pages);
    for (const auto& result : results) print(result);

    // Without return_exceptions the first failure is thrown.
    co_await executor.map(fetch, pages);
  } catch (const mtaio::ExecutionError& error) {
    std::cout << "Execution failed: " << error.what() << '\n';
  }
}

int main() { mtaio::run(handle_execution_errors()); }
