/// What a seed decides: it is the same each time, and everything that can happen does.
#include <mtaio/core.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::outcome_of;
using test::threw;

namespace {

/// What `run(simulation)` gives with each of 300 seeds.
template <class Run>
auto results_of(Run run, mtaio::testing::SimulationOptions options = {}) {
  options.seed = 0;
  Simulation simulation{options};
  std::set<decltype(run(simulation))> results;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    simulation.restart(seed);
    results.insert(run(simulation));
  }
  return results;
}

mtaio::Task<void> note(std::string& order, char name) {
  order += name;
  co_return;
}

mtaio::Task<std::string> order_of_three() {
  std::string order;
  mtaio::TaskExecutor executor;
  auto a = executor.create_task(note(order, 'a'));
  auto b = executor.create_task(note(order, 'b'));
  auto c = executor.create_task(note(order, 'c'));
  co_await a;
  co_await b;
  co_await c;
  co_return order;
}

mtaio::Task<void> note_after(mtaio::Timeout delay, std::string& order, char name) {
  co_await mtaio::sleep(delay);
  order += name;
}

mtaio::Task<std::string> order_of_two_timers() {
  std::string order;
  mtaio::TaskExecutor executor;
  co_await executor.gather(note_after(10ms, order, 'a'), note_after(10ms, order, 'b'));
  co_return order;
}

mtaio::Task<void> put_after(mtaio::AsyncQueue<int>& queue, mtaio::Timeout delay) {
  co_await mtaio::sleep(delay);
  co_await queue.put(1);
}

mtaio::Task<std::string> race_put_and_timeout() {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue;
  auto put = executor.create_task(put_after(queue, 10ms));
  const auto got = co_await outcome_of(executor.run(queue.get(), {.timeout = 10ms}));
  co_await put;
  CHECK(queue.qsize() == (got ? 0 : 1));
  co_return got ? "got it" : "timed out";
}

using mtaio::internal::this_thread;

/// Whether it runs on another worker than its parent did.
mtaio::Task<bool> is_stolen(const mtaio::internal::LocalQueues* parents) {
  co_return this_thread().worker() != parents;
}

mtaio::Task<std::string> who_runs_children() {
  mtaio::TaskExecutor executor;
  const auto* worker = this_thread().worker();
  const auto [a, b, c] =
      co_await executor.gather(is_stolen(worker), is_stolen(worker), is_stolen(worker));
  co_return std::string{a ? "S" : "-"} + (b ? "S" : "-") + (c ? "S" : "-");
}

mtaio::Task<void> call(mtaio::TaskExecutor& executor, auto function) {
  co_await executor.run_in_thread(function);
}

/// A function in a thread whose caller is asked to stop a little later.
mtaio::Task<std::string> race_function_and_stop() {
  mtaio::TaskExecutor executor;
  bool ran = false;
  const auto run = [&ran] { ran = true; };
  auto calling = executor.create_task(call(executor, run));
  co_await mtaio::sleep(0s);
  co_await mtaio::sleep(0s);
  calling.request_stop();
  const bool ran_before = ran;
  const auto outcome = co_await outcome_of(std::move(calling));
  CHECK((outcome.has_value() || threw<mtaio::CancelledError>(outcome)));
  if (ran_before) co_return outcome ? "had run" : "had run, cancelled";
  CHECK(threw<mtaio::CancelledError>(outcome));
  co_return ran ? "ran all the same" : "never ran";
}

mtaio::Task<void> wait(mtaio::Latch& latch) { co_await latch.wait(); }

mtaio::Task<std::string> race_latch_and_stop() {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{1};
  const auto open = [](mtaio::Latch& of) -> mtaio::Task<void> {
    of.count_down();
    co_return;
  };
  const auto stop = [](mtaio::TaskHandle<void>& of) -> mtaio::Task<void> {
    of.request_stop();
    co_return;
  };
  auto waiting = executor.create_task(wait(latch));
  co_await mtaio::sleep(1s);
  auto opening = executor.create_task(open(latch));
  auto stopping = executor.create_task(stop(waiting));
  co_await opening;
  co_await stopping;
  const auto outcome = co_await outcome_of(std::move(waiting));
  co_return outcome ? "let through" : "stopped";
}

}  // namespace

TEST_CASE("Simulation: with a seed, ready tasks run in any order") {
  const auto orders = results_of([](Simulation& of) { return of.run(order_of_three()); });
  CHECK(orders == std::set<std::string>{"abc", "acb", "bac", "bca", "cab", "cba"});
}

TEST_CASE("Simulation: with a seed, timers that expire together fire in any order") {
  const auto orders = results_of([](Simulation& of) { return of.run(order_of_two_timers()); });
  CHECK(orders == std::set<std::string>{"ab", "ba"});
}

TEST_CASE("Simulation: a put and the timeout of the get that it would serve meet in both orders") {
  const auto ends = results_of([](Simulation& of) { return of.run(race_put_and_timeout()); });
  CHECK(ends == std::set<std::string>{"got it", "timed out"});
}

TEST_CASE("Simulation: a latch that opens and a stop request meet in both orders") {
  const auto ends = results_of([](Simulation& of) { return of.run(race_latch_and_stop()); });
  CHECK(ends == std::set<std::string>{"let through", "stopped"});
}

TEST_CASE("Simulation: children of a gather run where their parent does, or are stolen") {
  const auto ways = results_of([](Simulation& of) { return of.run(who_runs_children()); });
  // The first one is entered by the parent itself.
  CHECK(ways == std::set<std::string>{"---", "--S", "-S-", "-SS"});
}

TEST_CASE("Simulation: a function in a thread that is withdrawn has not started, or continues") {
  const auto ways = results_of([](Simulation& of) { return of.run(race_function_and_stop()); });
  CHECK(ways.contains("never ran"));
  CHECK(ways.contains("had run"));
  CHECK_FALSE(ways.contains("ran all the same"));
}

TEST_CASE("Simulation: choose gives every number below its argument, and the same for a seed") {
  const auto numbers = results_of([](Simulation& of) { return of.choose(5); });
  CHECK(numbers == std::set<std::size_t>{0, 1, 2, 3, 4});
  Simulation one{{.seed = 9}};
  Simulation another{{.seed = 9}};
  for (int i = 0; i < 100; ++i) CHECK(one.choose(1000) == another.choose(1000));
  CHECK(Simulation{}.choose(5) == 0);
}
