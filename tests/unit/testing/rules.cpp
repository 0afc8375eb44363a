/// What a simulation refuses.
#include <mtaio/core.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::throws;

namespace {

mtaio::Task<int> one() { co_return 1; }

mtaio::Task<std::string> run_inside(Simulation& other) {
  try {
    other.run(one());
  } catch (const std::logic_error& error) {
    co_return error.what();
  }
  co_return "it ran";
}

mtaio::Task<void> restart_inside(Simulation& own) {
  CHECK_THROWS_AS(own.restart(1), std::logic_error);
  mtaio::TaskExecutor executor;
  const auto restart = [&own] { CHECK_THROWS_AS(own.restart(1), std::logic_error); };
  co_await executor.run_in_thread(restart);
}

mtaio::Task<int> run_in_a_function(Simulation& own) {
  mtaio::TaskExecutor executor;
  const auto run = [&own] { CHECK_THROWS_AS((void)own.run(one()), std::logic_error); };
  co_await executor.run_in_thread(run);
  co_await mtaio::sleep(1s);
  co_return 2;
}

/// A coroutine that is not a task, and that nothing waits for.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Detached sleep_detached(bool& ended) {
  co_await mtaio::sleep(1h);
  ended = true;
}

mtaio::Task<void> start_detached(bool& ended) {
  sleep_detached(ended);
  co_return;
}

}  // namespace

TEST_CASE("Simulation: run() inside a task is std::logic_error, also of another simulation") {
  Simulation simulation;
  Simulation other{{.seed = 4}};
  CHECK(
      simulation.run(run_inside(simulation)).starts_with("Simulation(): run() was called inside"));
  CHECK(
      simulation.run(run_inside(other)).starts_with("Simulation(seed 4): run() was called inside"));
  CHECK(simulation.run(one()) == 1);
}

TEST_CASE("Simulation: run() inside its own function in a thread is std::logic_error") {
  Simulation simulation;
  CHECK(simulation.run(run_in_a_function(simulation)) == 2);
  Simulation random{{.seed = 1}};
  CHECK(random.run(run_in_a_function(random)) == 2);
}

TEST_CASE("Simulation: mtaio::run inside a task is std::logic_error, as in a runtime") {
  const auto run_inside_task = []() -> mtaio::Task<bool> {
    co_return throws<std::logic_error>([] { mtaio::run(one()); });
  };
  CHECK(Simulation{}.run(run_inside_task()));
}

TEST_CASE("Simulation: an empty task cannot be run") {
  Simulation simulation;
  auto task = one();
  CHECK(simulation.run(std::move(task)) == 1);
  // NOLINTNEXTLINE(bugprone-use-after-move): this is the mistake
  CHECK_THROWS_AS((void)simulation.run(std::move(task)), std::logic_error);
  CHECK(simulation.run(one()) == 1);
}

TEST_CASE("Simulation: restart() during a run is std::logic_error, as it is without a seed") {
  Simulation random{{.seed = 1}};
  random.run(restart_inside(random));
  random.restart(2);
  CHECK(random.seed() == 2);
  Simulation in_order;
  CHECK_FALSE(in_order.seed());
  CHECK_THROWS_AS(in_order.restart(1), std::logic_error);
}

TEST_CASE("Simulation: restart() while a coroutine that is not a task waits is std::logic_error") {
  Simulation simulation{{.seed = 1}};
  bool ended = false;
  simulation.run(start_detached(ended));
  CHECK(simulation.timers_armed());
  CHECK_THROWS_AS(simulation.restart(2), std::logic_error);
  simulation.run(mtaio::sleep(2h));
  CHECK(ended);
  simulation.restart(2);
}

TEST_CASE("Simulation: a negative max_lag and a choice among nothing are std::invalid_argument") {
  CHECK_THROWS_AS(Simulation({.seed = 1, .max_lag = -1ns}), std::invalid_argument);
  Simulation simulation{{.seed = 1}};
  CHECK_THROWS_AS((void)simulation.choose(0), std::invalid_argument);
}

TEST_CASE("Simulation: several may run concurrently, each in a thread of its own") {
  const auto spin = [](std::uint64_t seed) {
    Simulation simulation{{.seed = seed}};
    for (int i = 0; i < 100; ++i) simulation.run(mtaio::sleep(1s));
    CHECK(simulation.elapsed() >= 100s);
  };
  std::thread one_thread{spin, 1};
  std::thread another{spin, 2};
  one_thread.join();
  another.join();
}
