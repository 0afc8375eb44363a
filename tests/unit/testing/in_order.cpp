/// A simulation without a seed: nothing is left to chance.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::wait_until_stopped;

namespace {

mtaio::Task<std::unique_ptr<int>> give(int value) { co_return std::make_unique<int>(value); }

mtaio::Task<void> fail() {
  co_await mtaio::sleep(1s);
  throw std::runtime_error{"failed"};
}

mtaio::Task<void> take_turns(std::string& order, char name) {
  for (int i = 0; i < 3; ++i) {
    order += name;
    co_await mtaio::sleep(0s);
  }
}

mtaio::Task<std::string> three_take_turns() {
  mtaio::TaskExecutor executor;
  std::string order;
  auto a = executor.create_task(take_turns(order, 'a'));
  auto b = executor.create_task(take_turns(order, 'b'));
  auto c = executor.create_task(take_turns(order, 'c'));
  co_await a;
  co_await b;
  co_await c;
  co_return order;
}

mtaio::Task<std::string> three_children() {
  mtaio::TaskExecutor executor;
  std::string order;
  co_await executor.gather(take_turns(order, 'a'), take_turns(order, 'b'), take_turns(order, 'c'));
  co_return order;
}

mtaio::Task<void> note_after(mtaio::Timeout delay, std::string& order, char name) {
  co_await mtaio::sleep(delay);
  order += name;
}

mtaio::Task<void> yield_often(std::string& order, char name) {
  for (int i = 0; i < 1'000; ++i) co_await mtaio::sleep(0s);
  order += name;
}

mtaio::Task<std::string> a_busy_task_and_a_short_sleep() {
  mtaio::TaskExecutor executor;
  std::string order;
  co_await executor.gather(note_after(1ns, order, 's'), yield_often(order, 'b'));
  co_return order;
}

mtaio::Task<std::string> functions_and_tasks() {
  mtaio::TaskExecutor executor;
  std::string order;
  const auto note = [&order](char name) { order += name; };
  co_await executor.gather(executor.run_in_thread(note, '1'), executor.run_in_thread(note, '2'),
                           take_turns(order, 'a'), executor.run_in_thread(note, '3'));
  co_return order;
}

mtaio::Task<std::string> functions_of_two_pools() {
  mtaio::ThreadPool pool{1};
  mtaio::TaskExecutor with_a_pool{pool};
  mtaio::TaskExecutor executor;
  std::string order;
  const auto note = [&order](char name) { order += name; };
  co_await executor.gather(with_a_pool.run_in_thread(note, '1'), executor.run_in_thread(note, '2'),
                           with_a_pool.run_in_thread(note, '3'));
  co_return order;
}

mtaio::Task<mtaio::TaskHandle<void>> leave_one_behind(mtaio::TaskExecutor& executor,
                                                      bool& stopped) {
  auto handle = executor.create_task(wait_until_stopped(stopped));
  co_await mtaio::sleep(0s);
  co_return std::move(handle);
}

mtaio::Task<void> ask_a_silent_server() {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> answers;
  co_await executor.run(answers.get(), {.timeout = 30s});
}

}  // namespace

TEST_CASE("Simulation: gives the task's result, and throws its exception as it is") {
  Simulation simulation;
  CHECK(*simulation.run(give(7)) == 7);
  CHECK_THROWS_WITH_AS(simulation.run(fail()), "failed", std::runtime_error);
  CHECK(*simulation.run(give(8)) == 8);
}

TEST_CASE("Simulation: runs whatever can be awaited") {
  Simulation simulation;
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{0};
  simulation.run(mtaio::sleep(1h));
  CHECK(simulation.run(latch.wait()));
  CHECK(simulation.run(executor.run_in_thread([] { return 3; })) == 3);
  auto task = give(4);
  CHECK(*simulation.run(task) == 4);
}

TEST_CASE("Simulation: without a seed, the task that is ready first runs first") {
  CHECK(Simulation{}.run(three_take_turns()) == "abcabcabc");
}

TEST_CASE("Simulation: without a seed, children start in turn with the tasks that are ready") {
  CHECK(Simulation{}.run(three_children()) == "abacbacbc");
}

TEST_CASE("Simulation: without a seed, time passes only while everything waits") {
  CHECK(Simulation{}.run(a_busy_task_and_a_short_sleep()) == "bs");
}

TEST_CASE("Simulation: without a seed, functions in threads run in order when no task is ready") {
  CHECK(Simulation{}.run(functions_and_tasks()) == "aaa123");
  CHECK(Simulation{}.run(functions_of_two_pools()) == "123");
}

TEST_CASE("Simulation: without a seed, a program does the same each time") {
  Simulation one;
  Simulation another;
  one.run(three_take_turns());
  one.run(mtaio::sleep(1s));
  another.run(three_take_turns());
  another.run(mtaio::sleep(1s));
  CHECK(one.steps() == another.steps());
  CHECK(one.trace() == another.trace());
}

TEST_CASE("Simulation: time passes by as much as was slept, to the nanosecond") {
  Simulation simulation;
  CHECK(simulation.elapsed() == 0s);
  simulation.run(mtaio::sleep(1500ms));
  CHECK(simulation.elapsed() == 1500ms);
  simulation.run(mtaio::sleep(1ns));
  CHECK(simulation.elapsed() == 1500ms + 1ns);
  simulation.run(mtaio::sleep(0s));
  CHECK(simulation.elapsed() == 1500ms + 1ns);
}

TEST_CASE("Simulation: a timeout of 30 s takes a handful of steps") {
  Simulation simulation;
  CHECK_THROWS_AS(simulation.run(ask_a_silent_server()), mtaio::TimeoutError);
  CHECK(simulation.elapsed() == 30s);
  CHECK(simulation.steps() < 10);
  CHECK_FALSE(simulation.timers_armed());
}

TEST_CASE("Simulation: 250 years take no longer than a second") {
  Simulation simulation;
  simulation.run(mtaio::sleep(1s));
  const auto steps = simulation.steps();
  simulation.run(mtaio::sleep(std::chrono::years{250}));
  CHECK(simulation.steps() == 2 * steps);
}

TEST_CASE("Simulation: tasks left when the main task has ended are asked to stop and waited for") {
  Simulation simulation;
  mtaio::TaskExecutor executor;
  bool stopped = false;
  const auto handle = simulation.run(leave_one_behind(executor, stopped));
  CHECK(stopped);
  CHECK(handle.done());
  CHECK_FALSE(simulation.timers_armed());
}

TEST_CASE("Simulation: an executor, a queue and a handle outlive the run, and serve the next one") {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue;
  const auto produce =
      [](mtaio::TaskExecutor& of,
         mtaio::AsyncQueue<int>& to) -> mtaio::Task<mtaio::TaskHandle<std::unique_ptr<int>>> {
    co_await to.put(1);
    auto handle = of.create_task(give(2));
    co_await mtaio::sleep(1s);
    co_return std::move(handle);
  };
  const auto consume = [](mtaio::AsyncQueue<int>& from,
                          mtaio::TaskHandle<std::unique_ptr<int>> handle) -> mtaio::Task<int> {
    const int item = co_await from.get();
    const auto second = co_await handle;
    co_return item + *second;
  };
  auto handle = Simulation{{.seed = 1}}.run(produce(executor, queue));
  CHECK(Simulation{}.run(consume(queue, std::move(handle))) == 3);
}
