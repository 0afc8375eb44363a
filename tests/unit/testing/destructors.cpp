/// Destructors that wait, inside a simulation: they cannot be suspended, and something else has to
/// go on meanwhile.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/outcomes.hpp"
#include "support/stride.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::outcome_of;

namespace {

struct Counts {
  int started = 0;
  int ended = 0;
};

mtaio::Task<void> wait_until_stopped(Counts& counts) {
  ++counts.started;
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    ++counts.ended;
    throw;
  }
}

/// Leaves a task to its destructor, at the same moment as its parent does.
mtaio::Task<void> own_an_executor(int depth, Counts& counts) {
  mtaio::TaskExecutor inner;
  const auto waiting = inner.create_task(wait_until_stopped(counts));
  if (depth > 0) {
    const auto one = inner.create_task(own_an_executor(depth - 1, counts));
    const auto two = inner.create_task(own_an_executor(depth - 1, counts));
    co_await mtaio::sleep(1ms);
  } else {
    co_await mtaio::sleep(1ms);
  }
}

mtaio::Task<void> destroy_in_a_function(Counts& counts) {
  auto executor = std::make_unique<mtaio::TaskExecutor>();
  const auto one = executor->create_task(wait_until_stopped(counts));
  const auto two = executor->create_task(wait_until_stopped(counts));
  const auto reset = [&executor] { executor.reset(); };
  co_await mtaio::sleep(1ms);
  co_await executor->run_in_thread(reset);
  CHECK(executor == nullptr);
}

mtaio::Task<void> destroy_when_stopped(std::optional<mtaio::TaskExecutor>& executor) {
  const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
  const mtaio::StopCallback callback{token, [&executor] { executor.reset(); }};
  co_await mtaio::sleep(1h);
}

mtaio::Task<void> destroy_in_a_stop_callback(Counts& counts) {
  mtaio::TaskExecutor executor;
  std::optional<mtaio::TaskExecutor> inner;
  inner.emplace();
  const auto one = inner->create_task(own_an_executor(1, counts));
  const auto two = inner->create_task(wait_until_stopped(counts));
  const auto outcome =
      co_await outcome_of(executor.run(destroy_when_stopped(inner), {.timeout = 1ms}));
  CHECK_FALSE(inner.has_value());
}

mtaio::Task<void> destroy_in_several_places(Counts& counts) {
  mtaio::TaskExecutor executor;
  co_await executor.gather(own_an_executor(1, counts), destroy_in_a_stop_callback(counts),
                           destroy_in_a_function(counts), destroy_in_a_stop_callback(counts));
}

mtaio::Task<void> destroy_while_unwinding(Counts& counts) {
  mtaio::TaskExecutor executor;
  const auto handle = executor.create_task(own_an_executor(1, counts));
  co_await mtaio::sleep(1ms);
  throw std::runtime_error{"on the way out"};
}

mtaio::Task<void> unwind_twice(Counts& counts) {
  mtaio::TaskExecutor executor;
  const auto [one, two] = co_await executor.gather(
      mtaio::return_exceptions, destroy_while_unwinding(counts), destroy_while_unwinding(counts));
  CHECK(test::message_of(one.error()) == "on the way out");
  CHECK(test::message_of(two.error()) == "on the way out");
}

mtaio::Task<void> destroy(std::unique_ptr<mtaio::TaskExecutor>& executor) {
  executor.reset();
  co_return;
}

mtaio::Task<void> destroy_by_its_own_task(Counts& counts) {
  auto executor = std::make_unique<mtaio::TaskExecutor>();
  const auto other = executor->create_task(wait_until_stopped(counts));
  auto destroyer = executor->create_task(destroy(executor));
  co_await destroyer;
  CHECK(executor == nullptr);
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

Detached destroy_detached(Counts& counts) {
  mtaio::TaskExecutor executor;
  const auto one = executor.create_task(wait_until_stopped(counts));
  const auto two = executor.create_task(own_an_executor(0, counts));
  co_await mtaio::sleep(0s);
}

mtaio::Task<void> start_detached(Counts& counts) {
  destroy_detached(counts);
  co_return;
}

/// Runs it without a seed and with many; all tasks that were started have been stopped.
void check(mtaio::Task<void> (*program)(Counts&)) {
  Counts in_order;
  Simulation{}.run(program(in_order));
  CHECK(in_order.started == in_order.ended);
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    simulation.restart(seed);
    Counts counts;
    simulation.run(program(counts));
    CHECK(counts.started == counts.ended);
    CHECK(simulation.elapsed() < 100ms);
  }
}

}  // namespace

TEST_CASE("Simulation: destructors wait for tasks that wait in destructors, however they meet") {
  check([](Counts& counts) { return own_an_executor(1, counts); });
  check([](Counts& counts) { return own_an_executor(3, counts); });
}

TEST_CASE("Simulation: a destructor waits while an exception passes") { check(unwind_twice); }

TEST_CASE("Simulation: a destructor waits in a function of a thread pool") {
  check(destroy_in_a_function);
}

TEST_CASE("Simulation: a destructor waits in a stop callback") {
  check(destroy_in_a_stop_callback);
}

TEST_CASE("Simulation: destructors wait in tasks, functions and stop callbacks concurrently") {
  check(destroy_in_several_places);
}

TEST_CASE("Simulation: a destructor waits in a coroutine that is not a task, while the run ends") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Counts counts;
    Simulation simulation{{.seed = seed}};
    simulation.run(start_detached(counts));
    CHECK(counts.started == counts.ended);
    simulation.run(mtaio::sleep(1s));  // if it has not been resumed yet
  }
}

TEST_CASE("Simulation: given up after any number of steps, destructors come to an end") {
  for (std::uint64_t max_steps = 1; max_steps <= 100; ++max_steps) {
    CAPTURE(max_steps);
    const std::uint64_t first = 1 + max_steps % test::stride();
    for (std::uint64_t seed = first; seed <= 20; seed += test::stride()) {
      CAPTURE(seed);
      Counts counts;
      Simulation simulation{{.seed = seed, .max_steps = max_steps}};
      const auto give_up = [&] { simulation.run(destroy_in_several_places(counts)); };
      const bool given_up = test::throws<mtaio::testing::Stuck>(give_up);
      CHECK((given_up || simulation.steps() <= max_steps));
      CHECK(counts.started == counts.ended);
    }
  }
}

TEST_CASE("Simulation: an executor may be destroyed by a task of its own") {
  check(destroy_by_its_own_task);
}

TEST_CASE("Simulation: destructors that wait change nothing about repeatability") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Counts counts;
    Simulation one{{.seed = seed}};
    Simulation another{{.seed = seed}};
    one.run(own_an_executor(2, counts));
    another.run(own_an_executor(2, counts));
    CHECK(one.trace() == another.trace());
    CHECK(one.steps() == another.steps());
  }
}

TEST_CASE(
    "Simulation: code that has waited in a destructor continues in the thread that called run()") {
  const auto wait = [](Counts& counts) -> mtaio::Task<bool> {
    const auto before = std::this_thread::get_id();
    {
      mtaio::TaskExecutor executor;
      const auto handle = executor.create_task(wait_until_stopped(counts));
      co_await mtaio::sleep(0s);
    }
    co_return before == std::this_thread::get_id();
  };
  Simulation simulation;
  Counts counts;
  CHECK(simulation.run(wait(counts)));
  // Another thread may call it the next time.
  std::thread{[&] { CHECK(simulation.run(wait(counts))); }}.join();
  CHECK(simulation.run(wait(counts)));
  CHECK(counts.ended == 3);
}
