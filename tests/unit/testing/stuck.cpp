/// Tasks that do not come to an end by themselves.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using mtaio::testing::Stuck;

namespace {

struct Seen {
  int stopped = 0;
  int ended = 0;
};

mtaio::Task<void> wait_for_an_item(mtaio::AsyncQueue<int>& queue, Seen& seen) {
  try {
    (void)co_await queue.get();
  } catch (const mtaio::CancelledError&) {
    ++seen.stopped;
    throw;
  }
}

mtaio::Task<void> deadlock(mtaio::AsyncQueue<int>& queue, Seen& seen) {
  mtaio::TaskExecutor executor;
  auto other = executor.create_task(wait_for_an_item(queue, seen));
  co_await mtaio::sleep(2s);
  co_await wait_for_an_item(queue, seen);
}

mtaio::Task<void> never_wait(Seen& seen) {
  try {
    for (;;) co_await mtaio::sleep(0s);
  } catch (const mtaio::CancelledError&) {
    ++seen.stopped;
    throw;
  }
}

mtaio::Task<void> sleep_often() {
  for (int i = 0; i < 1'000; ++i) co_await mtaio::sleep(1s);
}

/// What `Stuck` says.
template <class A>
std::string complaint_of(Simulation& simulation, A&& main) {
  try {
    simulation.run(std::forward<A>(main));
  } catch (const Stuck& stuck) {
    return stuck.what();
  }
  return "it came to an end";
}

/// Without a seed, and with some.
template <class Test>
void with_several_seeds(Test test) {
  test(std::nullopt);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    test(seed);
  }
}

}  // namespace

TEST_CASE("Simulation: when every task waits forever, they are asked to stop, and Stuck says so") {
  with_several_seeds([](std::optional<std::uint64_t> seed) {
    Simulation simulation{{.seed = seed}};
    mtaio::AsyncQueue<int> queue;
    Seen seen;
    CHECK_THROWS_AS(simulation.run(deadlock(queue, seen)), Stuck);
    CHECK(seen.stopped == 2);
    CHECK(simulation.elapsed() >= 2s);
    CHECK_FALSE(simulation.timers_armed());
  });
}

TEST_CASE("Simulation: Stuck names the seed, why, and when") {
  mtaio::AsyncQueue<int> queue;
  Seen seen;
  Simulation in_order;
  CHECK(complaint_of(in_order, deadlock(queue, seen)) ==
        "Simulation(): every task waits, and nothing is left that could wake one, after 6 steps, "
        "at 2.000000 s.");
  Simulation random{{.seed = 12}};
  CHECK(complaint_of(random, deadlock(queue, seen)).starts_with("Simulation(seed 12): every task"));
}

TEST_CASE("Simulation: after max_steps the tasks are asked to stop, and Stuck says so") {
  with_several_seeds([](std::optional<std::uint64_t> seed) {
    Simulation simulation{{.seed = seed, .max_steps = 500}};
    Seen seen;
    CHECK(complaint_of(simulation, never_wait(seen)).find("after 500 steps") != std::string::npos);
    CHECK(seen.stopped == 1);
  });
}

TEST_CASE("Simulation: max_steps counts the steps of a run, and 0 sets no limit") {
  Simulation simulation{{.max_steps = 5'000}};
  for (int i = 0; i < 10; ++i) simulation.run(sleep_often());
  CHECK(simulation.steps() > 5'000);
  Simulation without_limit{{.max_steps = 0}};
  without_limit.run(sleep_often());
  CHECK_THROWS_AS(simulation.run(mtaio::sleep(mtaio::Timeout::forever())), Stuck);
  CHECK_THROWS_AS(without_limit.run(mtaio::sleep(mtaio::Timeout::forever())), Stuck);
}

TEST_CASE("Simulation: after Stuck it can be used again") {
  with_several_seeds([](std::optional<std::uint64_t> seed) {
    Simulation simulation{{.seed = seed}};
    mtaio::AsyncQueue<int> queue;
    Seen seen;
    CHECK_THROWS_AS(simulation.run(deadlock(queue, seen)), Stuck);
    simulation.run(mtaio::sleep(1s));
    if (seed) simulation.restart(*seed);
    CHECK_THROWS_AS(simulation.run(deadlock(queue, seen)), Stuck);
  });
}

TEST_CASE("Simulation: tasks that wait forever after a destructor has waited are Stuck too") {
  const auto leave_a_task = [](mtaio::AsyncQueue<int>& queue, Seen& seen) -> mtaio::Task<void> {
    {
      mtaio::TaskExecutor executor;
      const auto handle = executor.create_task(wait_for_an_item(queue, seen));
      co_await mtaio::sleep(0s);
    }
    co_await wait_for_an_item(queue, seen);
  };
  with_several_seeds([&](std::optional<std::uint64_t> seed) {
    Simulation simulation{{.seed = seed}};
    mtaio::AsyncQueue<int> queue;
    Seen seen;
    CHECK_THROWS_AS(simulation.run(leave_a_task(queue, seen)), Stuck);
    CHECK(seen.stopped == 2);
  });
}
