/// Tasks that many tests start.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>

namespace test {

// --- They end by themselves ---

inline mtaio::Task<void> nothing() { co_return; }
inline mtaio::Task<void> set(bool& flag) {
  flag = true;
  co_return;
}

/// Lets other tasks run before it gives the value.
inline mtaio::Task<int> give(int value) {
  co_await mtaio::sleep(std::chrono::seconds{0});
  co_return value;
}
/// Does not suspend.
inline mtaio::Task<int> give_now(int value) { co_return value; }
inline mtaio::Task<std::unique_ptr<int>> give_move_only(int value) {
  co_return std::make_unique<int>(value);
}
inline mtaio::Task<int&> give_reference(int& variable) { co_return variable; }

/// Lets other tasks run before it throws.
inline mtaio::Task<void> fail(const char* why) {
  co_await mtaio::sleep(std::chrono::seconds{0});
  throw std::runtime_error{why};
}

// --- They wait until they are asked to stop ---

inline mtaio::Task<void> wait_until_stopped(bool& stopped) {
  try {
    co_await mtaio::sleep(std::chrono::hours{1});
  } catch (const mtaio::CancelledError&) {
    stopped = true;
    throw;
  }
}

/// How many tasks have started, and how many of them a stop request has ended.
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
