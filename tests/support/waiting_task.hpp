/// A task that waits until somebody asks it to stop.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>

#include <atomic>
#include <chrono>

namespace test {

/// Of some tasks.
struct Counts {
  std::atomic<int> started{0};
  std::atomic<int> ended{0};
};

inline mtaio::Task<void> wait_until_stopped(Counts& counts) {
  ++counts.started;
  try {
    co_await mtaio::sleep(std::chrono::hours{1});
  } catch (const mtaio::CancelledError&) {
    ++counts.ended;
    throw;
  }
}

}  // namespace test
