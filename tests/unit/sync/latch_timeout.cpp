#include <mtaio/exceptions.hpp>
#include <mtaio/latch.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace {

using mtaio::testing::Simulation;

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::Latch;
using test::let_others_run;

mtaio::Task<bool> wait_for(Latch& latch) { co_return co_await latch.wait(); }
mtaio::Task<bool> wait_for(Latch& latch, mtaio::Timeout timeout) {
  co_return co_await latch.wait(timeout);
}

TASK_TEST_CASE("latch: a timed wait gives false when time ran out, and not before") {
  Latch latch{1};
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(co_await latch.wait(3ms));
  CHECK(std::chrono::steady_clock::now() - start >= 3ms);
  CHECK(latch.get_count() == 1);
}

TASK_TEST_CASE("latch: a timed wait gives true when the latch opens in time") {
  mtaio::TaskExecutor executor;
  Latch latch{1};
  auto waiting = executor.create_task(wait_for(latch, 1h));
  co_await let_others_run();
  latch.count_down();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("latch: after a timed wait in vain it can be waited for again") {
  mtaio::TaskExecutor executor;
  Latch latch{1};
  CHECK_FALSE(co_await latch.wait(1us));
  auto waiting = executor.create_task(wait_for(latch));
  co_await let_others_run();
  latch.count_down();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("latch: wait(0s) and a negative timeout only look") {
  Latch latch{1};
  CHECK_FALSE(co_await latch.wait(0s));
  CHECK_FALSE(co_await latch.wait(-1h));
  latch.count_down();
  CHECK(co_await latch.wait(0s));
  CHECK(co_await latch.wait(-1h));
}

TASK_TEST_CASE("latch: wait(hours::max()) waits forever") {
  mtaio::TaskExecutor executor;
  Latch latch{1};
  auto waiting = executor.create_task(wait_for(latch, std::chrono::hours::max()));
  co_await mtaio::sleep(2ms);
  CHECK_FALSE(waiting.done());
  latch.count_down();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("latch: a timeout that is NaN is std::invalid_argument") {
  Latch latch{1};
  CHECK_THROWS_AS(
      (void)latch.wait(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}),
      std::invalid_argument);
  co_return;
}

TASK_TEST_CASE("latch: a cancelled wait throws CancelledError and leaves the count as it was") {
  mtaio::TaskExecutor executor;
  Latch latch{1};
  auto cancelled = executor.create_task(wait_for(latch));
  auto cancelled_timed = executor.create_task(wait_for(latch, 1h));
  auto other = executor.create_task(wait_for(latch));
  co_await let_others_run();
  cancelled.request_stop();
  cancelled_timed.request_stop();
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  CHECK_THROWS_AS((void)co_await cancelled_timed, CancelledError);
  CHECK(latch.get_count() == 1);
  latch.count_down();
  CHECK(co_await other);
}

TASK_TEST_CASE("latch: a waiter that was let through before it is cancelled gets true") {
  mtaio::TaskExecutor executor;
  Latch latch{1};
  auto waiting = executor.create_task(wait_for(latch));
  co_await let_others_run();
  latch.count_down();
  waiting.request_stop();
  CHECK(co_await waiting);
}

/// Waits for the stop request, and then for the latch.
mtaio::Task<bool> wait_when_stopped(Latch& latch, mtaio::Timeout timeout) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const CancelledError&) {
  }
  co_return co_await latch.wait(timeout);
}

TASK_TEST_CASE(
    "latch: after a stop request, waiting for an open latch succeeds, and wait(0s) still looks") {
  mtaio::TaskExecutor executor;
  Latch open{0};
  Latch closed{1};
  auto through = executor.create_task(wait_when_stopped(open, 1h));
  auto look = executor.create_task(wait_when_stopped(closed, 0s));
  auto wait = executor.create_task(wait_when_stopped(closed, 1h));
  co_await let_others_run();
  through.request_stop();
  look.request_stop();
  wait.request_stop();
  CHECK(co_await through);
  CHECK_FALSE(co_await look);
  CHECK_THROWS_AS((void)co_await wait, CancelledError);
}

mtaio::Task<void> open_after(Latch& latch, mtaio::Timeout delay) {
  co_await mtaio::sleep(delay);
  latch.count_down();
}
mtaio::Task<bool> race(mtaio::Timeout opens, mtaio::Timeout gives_up) {
  mtaio::TaskExecutor executor;
  Latch latch{1};
  auto opening = executor.create_task(open_after(latch, opens));
  const bool opened = co_await latch.wait(gives_up);
  co_await opening;
  co_return opened;
}

TEST_CASE("latch: opened just before the timeout is true, just after it false") {
  CHECK(Simulation{}.run(race(10ms, 10ms + 1ns)));
  CHECK_FALSE(Simulation{}.run(race(10ms + 1ns, 10ms)));
}

TEST_CASE("latch: opened at the last moment, it is true or false, in any order of events") {
  int opened = 0;
  constexpr int kSeeds = 300;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    opened += Simulation{{.seed = static_cast<std::uint64_t>(seed)}}.run(race(10ms - 1ns, 10ms));
  }
  CHECK(opened > 0);
  CHECK(opened < kSeeds);
}

}  // namespace
