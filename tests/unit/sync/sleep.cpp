#include <mtaio/sleep.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace {

using mtaio::testing::Simulation;

using namespace std::chrono_literals;
using mtaio::sleep;
using Clock = std::chrono::steady_clock;

mtaio::Task<void> note_after(mtaio::Timeout delay, char name, std::string& order) {
  co_await sleep(delay);
  order += name;
}

TASK_TEST_CASE("sleep: does not return before the time has passed") {
  for (const auto length : {1us, 300us, 2000us, 20000us}) {
    const auto start = Clock::now();
    co_await sleep(length);
    CHECK(Clock::now() - start >= length);
  }
}

TASK_TEST_CASE("sleep: a fraction of a second may be given in floating point") {
  const auto start = Clock::now();
  co_await sleep(std::chrono::duration<double>{0.0015});
  CHECK(Clock::now() - start >= 1500us);
}

TASK_TEST_CASE("sleep: NaN is std::invalid_argument") {
  CHECK_THROWS_AS(
      (void)sleep(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}),
      std::invalid_argument);
  co_return;
}

mtaio::Task<std::string> wake_in_order_of_deadlines() {
  mtaio::TaskExecutor executor;
  std::string order;
  co_await executor.gather(note_after(3s, 'c', order), note_after(1s, 'a', order),
                           note_after(2s, 'b', order), note_after(3s, 'd', order));
  co_return order;
}

TEST_CASE(
    "sleep: sleepers wake in the order of their deadlines, equal ones in the order in which they "
    "came") {
  CHECK(Simulation{}.run(wake_in_order_of_deadlines()) == "abcd");
}

mtaio::Task<std::chrono::nanoseconds> measure(Simulation& simulation, mtaio::Timeout length) {
  const auto start = simulation.elapsed();
  co_await sleep(length);
  co_return simulation.elapsed() - start;
}

TEST_CASE("sleep: takes exactly as long as it says, by the scheduler's clock") {
  Simulation simulation;
  CHECK(simulation.run(measure(simulation, 90s)) == 90s);
  CHECK(simulation.run(measure(simulation, 1ns)) == 1ns);
  CHECK(simulation.run(measure(simulation, std::chrono::hours{24 * 365 * 100})) ==
        std::chrono::hours{24 * 365 * 100});
  CHECK(simulation.run(measure(simulation, 0s)) == 0s);
  CHECK(simulation.run(measure(simulation, -5s)) == 0s);
}

mtaio::Task<void> take_turns(std::string& order, char name) {
  for (int i = 0; i < 3; ++i) {
    order += name;
    co_await sleep(0s);
  }
}

TASK_TEST_CASE("sleep: sleep(0s) lets everything else that is ready run first") {
  mtaio::TaskExecutor executor;
  std::string order;
  auto a = executor.create_task(take_turns(order, 'a'));
  auto b = executor.create_task(take_turns(order, 'b'));
  co_await sleep(0s);
  order += 'm';
  co_await a;
  co_await b;
  CHECK(order == "abmabab");
}

TASK_TEST_CASE("sleep: a negative time yields as sleep(0s) does") {
  mtaio::TaskExecutor executor;
  std::string order;
  auto other = executor.create_task(take_turns(order, 'a'));
  co_await sleep(-1h);
  CHECK(order == "a");
  co_await other;
}

mtaio::Task<void> sleep_for_ever() { co_await sleep(std::chrono::hours::max()); }

TASK_TEST_CASE("sleep: hours::max() does not return until it is cancelled") {
  mtaio::TaskExecutor executor;
  auto sleeping = executor.create_task(sleep_for_ever());
  co_await sleep(2ms);
  CHECK_FALSE(sleeping.done());
  sleeping.request_stop();
  CHECK_THROWS_AS(co_await sleeping, mtaio::CancelledError);
}

mtaio::Task<void> sleep_once(mtaio::Timeout length) { co_await sleep(length); }

TASK_TEST_CASE("sleep: is cancelled in the middle") {
  mtaio::TaskExecutor executor;
  auto sleeping = executor.create_task(sleep_once(1h));
  co_await test::let_others_run();
  const auto start = Clock::now();
  sleeping.request_stop();
  CHECK_THROWS_AS(co_await sleeping, mtaio::CancelledError);
  CHECK(Clock::now() - start < 10s);
}

/// Waits for the stop request, and sleeps again.
mtaio::Task<void> sleep_when_stopped(mtaio::Timeout length) {
  try {
    co_await sleep(1h);
  } catch (const mtaio::CancelledError&) {
  }
  co_await sleep(length);
}

TASK_TEST_CASE(
    "sleep: throws CancelledError immediately when stop was requested before, sleep(0s) too") {
  mtaio::TaskExecutor executor;
  for (const mtaio::Timeout length :
       {mtaio::Timeout{1h}, mtaio::Timeout{0s}, mtaio::Timeout{-1s}, mtaio::Timeout::forever()}) {
    auto sleeping = executor.create_task(sleep_when_stopped(length));
    co_await test::let_others_run();
    sleeping.request_stop();
    CHECK_THROWS_AS(co_await sleeping, mtaio::CancelledError);
  }
}

mtaio::Task<void> many_sleepers() {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 0; i < 20'000; ++i) tasks.push_back(sleep_once(std::chrono::microseconds{i % 1000}));
  co_await executor.gather(tasks);
}

TEST_CASE("sleep: 20,000 concurrent sleeps on several threads all wake") {
  mtaio::run(many_sleepers(), {.threads = 4});
}

mtaio::Task<int> race_stop_and_timer() {
  mtaio::TaskExecutor executor;
  int cancelled = 0;
  for (int i = 0; i < 2000; ++i) {
    auto sleeping = executor.create_task(sleep_once(std::chrono::microseconds{i % 30}));
    if (i % 2 == 0) co_await sleep(std::chrono::microseconds{i % 40});
    sleeping.request_stop();
    try {
      co_await sleeping;
    } catch (const mtaio::CancelledError&) {
      ++cancelled;
    }
  }
  co_return cancelled;
}

TEST_CASE("sleep: a stop request and the timer that meet end it once") {
  CHECK(mtaio::run(race_stop_and_timer(), {.threads = 3}) > 0);
}

}  // namespace
