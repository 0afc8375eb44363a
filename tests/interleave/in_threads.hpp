/// Threads of a small program.
#pragma once

#include <array>
#include <thread>
#include <utility>

namespace interleaved {

/// Runs each function in a thread of its own, until all have ended.
template <class... Functions>
void in_threads(Functions... functions) {
  std::array<std::thread, sizeof...(Functions)> threads{std::thread{std::move(functions)}...};
  for (std::thread& thread : threads) thread.join();
}

}  // namespace interleaved
