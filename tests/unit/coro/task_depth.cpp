#include <mtaio/exceptions.hpp>
#include <mtaio/latch.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>

#include "support/sanitized.hpp"
#include "support/stride.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>

// No number of awaits, one after the other or one inside the other, grows the stack: not in
// unoptimised builds either, where compilers do not turn the transfer from one coroutine to the
// next into a jump.

namespace {

using namespace std::chrono_literals;
using mtaio::Task;

using test::kSanitized;

constexpr std::int64_t kMany = kSanitized ? 500'000 : 10'000'000;
constexpr int kDeep = 100'000;

/// How many awaits, one after the other.
std::int64_t many() { return kMany / test::stride(); }

Task<std::int64_t> give(std::int64_t value) { co_return value; }

TASK_TEST_CASE("task: 10 million awaits, one after the other") {
  const std::int64_t count = many();
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += co_await give(i);
  CHECK(sum == count * (count - 1) / 2);
}

TASK_TEST_CASE("task: a million awaits of ready awaitables") {
  const std::int64_t count = many() / 10;
  mtaio::Latch open{0};
  std::int64_t opened = 0;
  for (std::int64_t i = 0; i < count; ++i) opened += co_await open.wait();
  CHECK(opened == count);
}

TASK_TEST_CASE("task: a million yields") {
  const std::int64_t count = many() / 10;
  for (std::int64_t i = 0; i < count; ++i) co_await mtaio::sleep(0s);
}

/// Calls itself `depth` times, and does at the bottom what it is told to.
enum class Bottom : std::uint8_t { kReturn, kYield, kThrow, kSleep };
Task<int> descend(int depth, Bottom bottom) {
  if (depth > 0) co_return 1 + co_await descend(depth - 1, bottom);
  if (bottom == Bottom::kYield) co_await mtaio::sleep(0s);
  if (bottom == Bottom::kThrow) throw std::out_of_range{"the bottom"};
  if (bottom == Bottom::kSleep) co_await mtaio::sleep(1h);
  co_return 0;
}

TASK_TEST_CASE("task: 100,000 awaits, one inside the other") {
  CHECK(co_await descend(kDeep, Bottom::kReturn) == kDeep);
}

TASK_TEST_CASE("task: 100,000 awaits, one inside the other, that wait at the bottom") {
  CHECK(co_await descend(kDeep, Bottom::kYield) == kDeep);
}

TASK_TEST_CASE("task: an exception comes up through 100,000 awaits") {
  CHECK_THROWS_AS((void)co_await descend(kDeep, Bottom::kThrow), std::out_of_range);
}

TASK_TEST_CASE("task: a stop request reaches the bottom of 100,000 awaits") {
  mtaio::TaskExecutor executor;
  auto task = executor.create_task(descend(kDeep, Bottom::kSleep));
  co_await test::let_others_run();
  task.request_stop();
  CHECK_THROWS_AS((void)co_await task, mtaio::CancelledError);
}

Task<int> descend_with_timeouts(int depth) {
  mtaio::TaskExecutor executor;
  if (depth == 0) {
    co_await mtaio::sleep(0s);
    co_return 0;
  }
  co_return 1 + co_await executor.run(descend_with_timeouts(depth - 1), {.timeout = 1h});
}

TASK_TEST_CASE("task: 10,000 timeouts, one inside the other") {
  CHECK(co_await descend_with_timeouts(10'000) == 10'000);
}

Task<int> ping_pong(mtaio::TaskExecutor& executor, int rounds) {
  int done = 0;
  for (int i = 0; i < rounds; ++i) {
    auto other = executor.create_task(give(1));
    done += static_cast<int>(co_await other);
  }
  co_return done;
}

TASK_TEST_CASE("task: 100,000 tasks created and awaited, one after the other") {
  mtaio::TaskExecutor executor;
  CHECK(co_await ping_pong(executor, 100'000) == 100'000);
}

}  // namespace
