/// A function that computes, run in a thread.
#include <mtaio/core.hpp>

#include <iostream>
#include <numeric>

int cpu_intensive_function(int first, int last) {
  int divisible = 0;
  for (int n = first; n <= last; ++n) divisible += std::gcd(n, 30) == 30 ? 1 : 0;
  return divisible;
}

mtaio::Task<void> process_with_thread_pool() {
  mtaio::TaskExecutor executor;
  // Run a CPU-bound function in the thread pool
  const int result = co_await executor.run_in_thread(cpu_intensive_function, 1, 3000);
  std::cout << result << '\n';
}

int main() { mtaio::run(process_with_thread_pool()); }
