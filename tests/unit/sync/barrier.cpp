#include <mtaio/barrier.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::Barrier;
using mtaio::CancelledError;
using mtaio::testing::Simulation;
using test::let_others_run;

mtaio::Task<void> arrive(Barrier& barrier) { co_await barrier.arrive_and_wait(); }

TASK_TEST_CASE("barrier: lets all continue when the last has arrived, and not before") {
  mtaio::TaskExecutor executor;
  Barrier barrier{3};
  auto one = executor.create_task(arrive(barrier));
  co_await let_others_run();
  auto two = executor.create_task(arrive(barrier));
  co_await let_others_run();
  CHECK_FALSE(one.done());
  CHECK_FALSE(two.done());
  CHECK(barrier.waiting() == 2);
  co_await barrier.arrive_and_wait();
  CHECK(barrier.waiting() == 0);
  CHECK_FALSE(one.done());  // not inside the call of the last
  co_await one;
  co_await two;
}

TASK_TEST_CASE("barrier: of one task never waits") {
  Barrier barrier{1};
  const auto operation = barrier.arrive_and_wait();
  for (int i = 0; i < 3; ++i) co_await operation;
  CHECK(barrier.waiting() == 0);
}

mtaio::Task<void> arrive_often(Barrier& barrier, std::size_t rounds, char name,
                               std::string& order) {
  for (std::size_t i = 0; i < rounds; ++i) {
    order += name;
    co_await barrier.arrive_and_wait();
  }
}

TASK_TEST_CASE("barrier: is ready for the next round, and no task is a round ahead") {
  mtaio::TaskExecutor executor;
  Barrier barrier{3};
  std::string order;
  constexpr std::size_t kRounds = 20;
  co_await executor.gather(arrive_often(barrier, kRounds, 'a', order),
                           arrive_often(barrier, kRounds, 'b', order),
                           arrive_often(barrier, kRounds, 'c', order));
  REQUIRE(order.size() == 3 * kRounds);
  for (std::size_t i = 0; i < order.size(); i += 3) {
    const std::string round = order.substr(i, 3);
    CHECK(round.find('a') != std::string::npos);
    CHECK(round.find('b') != std::string::npos);
    CHECK(round.find('c') != std::string::npos);
  }
}

mtaio::Task<void> note_when_through(Barrier& barrier, char name, std::string& order) {
  co_await barrier.arrive_and_wait();
  order += name;
}

TASK_TEST_CASE("barrier: lets waiters continue in the order in which they came") {
  mtaio::TaskExecutor executor;
  Barrier barrier{4};
  std::string order;
  std::vector<mtaio::TaskHandle<void>> waiting;
  for (const char name : {'a', 'b', 'c'}) {
    waiting.push_back(executor.create_task(note_when_through(barrier, name, order)));
    co_await let_others_run();
  }
  co_await barrier.arrive_and_wait();
  for (auto& one : waiting) co_await one;
  CHECK(order == "abc");
}

TASK_TEST_CASE("barrier: a cancelled wait throws CancelledError and withdraws its arrival") {
  mtaio::TaskExecutor executor;
  Barrier barrier{3};
  auto cancelled = executor.create_task(arrive(barrier));
  auto one = executor.create_task(arrive(barrier));
  co_await let_others_run();
  cancelled.request_stop();
  CHECK(barrier.waiting() == 1);  // before the cancelled task has resumed
  CHECK_THROWS_AS(co_await cancelled, CancelledError);
  auto two = executor.create_task(arrive(barrier));
  co_await let_others_run();
  CHECK_FALSE(one.done());
  CHECK_FALSE(two.done());
  co_await barrier.arrive_and_wait();
  co_await one;
  co_await two;
}

TASK_TEST_CASE("barrier: the last to arrive waits if another has been cancelled just before") {
  mtaio::TaskExecutor executor;
  Barrier barrier{2};
  auto cancelled = executor.create_task(arrive(barrier));
  co_await let_others_run();
  cancelled.request_stop();
  auto other = executor.create_task(arrive(barrier));
  CHECK_THROWS_AS(co_await cancelled, CancelledError);
  co_await let_others_run();
  CHECK_FALSE(other.done());
  co_await barrier.arrive_and_wait();
  co_await other;
}

TASK_TEST_CASE("barrier: a waiter whose round has ended before it is cancelled continues") {
  mtaio::TaskExecutor executor;
  Barrier barrier{2};
  auto waiting = executor.create_task(arrive(barrier));
  co_await let_others_run();
  co_await barrier.arrive_and_wait();
  waiting.request_stop();
  co_await waiting;
  CHECK(barrier.waiting() == 0);
}

mtaio::Task<bool> arrive_when_stopped(Barrier& barrier) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const CancelledError&) {
  }
  try {
    co_await barrier.arrive_and_wait();
  } catch (const CancelledError&) {
    co_return false;
  }
  co_return true;
}

TASK_TEST_CASE("barrier: after a stop request only the last to arrive continues") {
  mtaio::TaskExecutor executor;
  Barrier two{2};
  Barrier one{1};
  auto waits = executor.create_task(arrive_when_stopped(two));
  auto last = executor.create_task(arrive_when_stopped(one));
  co_await let_others_run();
  waits.request_stop();
  last.request_stop();
  CHECK_FALSE(co_await waits);
  CHECK(co_await last);
  CHECK(two.waiting() == 0);
}

TASK_TEST_CASE("barrier: a run() whose time runs out withdraws the arrival") {
  mtaio::TaskExecutor executor;
  Barrier barrier{2};
  CHECK_THROWS_AS(co_await executor.run(barrier.arrive_and_wait(), {.timeout = 1ms}),
                  mtaio::TimeoutError);
  CHECK(barrier.waiting() == 0);
  auto other = executor.create_task(arrive(barrier));
  co_await executor.run(barrier.arrive_and_wait(), {.timeout = 1h});
  co_await other;
}

/// The second arrives when the time of the first runs out.
mtaio::Task<bool> race() {
  mtaio::TaskExecutor executor;
  Barrier barrier{2};
  const auto arrive_late = [](Barrier& at) -> mtaio::Task<void> {
    co_await mtaio::sleep(10ms - 1ns);
    co_await at.arrive_and_wait();
  };
  auto late = executor.create_task(arrive_late(barrier));
  bool in_time = true;
  try {
    co_await executor.run(barrier.arrive_and_wait(), {.timeout = 10ms});
  } catch (const mtaio::TimeoutError&) {
    in_time = false;
  }
  co_await mtaio::sleep(20ms);
  CHECK(late.done() == in_time);
  CHECK(barrier.waiting() == (in_time ? 0 : 1));
  if (!in_time) co_await barrier.arrive_and_wait();
  co_await late;
  co_return in_time;
}

TEST_CASE("barrier: an arrival at the last moment ends the round for both, or for none") {
  int in_time = 0;
  constexpr int kSeeds = 300;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    in_time += Simulation{{.seed = static_cast<std::uint64_t>(seed)}}.run(race());
  }
  CHECK(in_time > 0);
  CHECK(in_time < kSeeds);
}

/// Plain, so that ThreadSanitizer sees a missing edge.
mtaio::Task<void> add_neighbours(Barrier& barrier, std::vector<std::size_t>& cells, std::size_t own,
                                 int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const std::size_t next = cells[own] + cells[(own + 1) % cells.size()];
    co_await barrier.arrive_and_wait();
    cells[own] = next;
    co_await barrier.arrive_and_wait();
  }
}

mtaio::Task<void> compute_in_rounds() {
  mtaio::TaskExecutor executor;
  constexpr std::size_t kCells = 8;
  constexpr int kRounds = 50;
  Barrier barrier{kCells};
  std::vector<std::size_t> cells(kCells, 1);
  std::vector<mtaio::Task<void>> tasks;
  for (std::size_t own = 0; own < kCells; ++own) {
    tasks.push_back(add_neighbours(barrier, cells, own, kRounds));
  }
  co_await executor.gather(tasks);
  CHECK(cells == std::vector<std::size_t>(kCells, std::size_t{1} << kRounds));
}

TEST_CASE("barrier: what was done before an arrival is visible after the round, on any thread") {
  for (int i = 0; i < 10; ++i) mtaio::run(compute_in_rounds(), {.threads = 2});
}

/// Tasks that arrive, and others that arrive and are stopped: no round ends too early or too late.
mtaio::Task<void> stop_some() {
  mtaio::TaskExecutor executor;
  for (int round = 0; round < 300; ++round) {
    Barrier barrier{4};
    std::vector<mtaio::TaskHandle<void>> stopped;
    std::vector<mtaio::TaskHandle<void>> staying;
    for (int i = 0; i < 3; ++i) {
      stopped.push_back(executor.create_task(arrive(barrier)));
      if (i < 2) staying.push_back(executor.create_task(arrive(barrier)));
    }
    for (auto& task : stopped) task.request_stop();
    std::size_t through = 0;
    for (auto& task : stopped) {
      try {
        co_await task;
        ++through;
      } catch (const CancelledError&) {
      }
    }
    // Those that are through have ended a round of four, with two that stay.
    CHECK((through == 0 || through == 2 || through == 3));
    while (!staying[0].done() || !staying[1].done()) {
      const auto missing = executor.create_task(arrive(barrier));
      co_await mtaio::sleep(0s);
      if (missing.done()) continue;
      co_await mtaio::sleep(100us);
    }
    co_await executor.cancel_all();
    CHECK(barrier.waiting() == 0);
  }
}

TEST_CASE("barrier: arrivals and stop requests that meet strand no waiter") {
  mtaio::run(stop_some(), {.threads = 2});
}

mtaio::Task<void> arrive_and_destroy(std::unique_ptr<Barrier> barrier) {
  co_await barrier->arrive_and_wait();
  barrier.reset();
}

TEST_CASE("barrier: a task that continues may destroy it while the other arrival is returning") {
  for (int round = 0; round < 500; ++round) {
    auto owned = std::make_unique<Barrier>(2);
    std::thread other{[barrier = owned.get()] { mtaio::run(arrive(*barrier), {.threads = 1}); }};
    mtaio::run(arrive_and_destroy(std::move(owned)), {.threads = 1});
    other.join();
  }
}

TASK_TEST_CASE("barrier: a number below one is std::invalid_argument") {
  CHECK_THROWS_AS(Barrier{0}, std::invalid_argument);
  CHECK_THROWS_AS(Barrier{-1}, std::invalid_argument);
  CHECK_THROWS_AS(Barrier{std::numeric_limits<std::ptrdiff_t>::min()}, std::invalid_argument);
  const Barrier greatest{std::numeric_limits<std::ptrdiff_t>::max()};
  co_return;
}

}  // namespace
