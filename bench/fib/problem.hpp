/// The Fibonacci number by recursion, with a task for each call: the cost of an empty task.
#pragma once

#include <cstddef>

namespace bench {

constexpr std::size_t fibonacci(std::size_t n) {
  std::size_t a = 0;
  std::size_t b = 1;
  while (n-- > 0) {
    const std::size_t next = a + b;
    a = b;
    b = next;
  }
  return a;
}

/// How many calls the recursion makes.
constexpr std::size_t fibonacci_calls(std::size_t n) { return 2 * fibonacci(n + 1) - 1; }

}  // namespace bench
