/// Many tasks, and what a step costs in steps.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/counting_new.hpp"
#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <vector>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;

namespace {

constexpr int kTasks = 10'000;

mtaio::Task<void> work_a_little(mtaio::AsyncQueue<int>& queue, int number) {
  co_await mtaio::sleep(std::chrono::milliseconds{number % 100});
  co_await queue.put(number);
}

mtaio::Task<std::int64_t> sum_of(mtaio::AsyncQueue<int>& queue) {
  std::int64_t sum = 0;
  for (int i = 0; i < kTasks; ++i) sum += co_await queue.get();
  co_return sum;
}

mtaio::Task<std::int64_t> many_tasks() {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue{10};
  auto tasks = test::many(kTasks, [&](int i) { return work_a_little(queue, i); });
  const auto [sum, done] =
      co_await executor.gather(sum_of(queue), executor.gather(std::move(tasks)));
  co_return sum;
}

mtaio::Task<void> many_created_tasks() {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue;
  for (int i = 0; i < kTasks; ++i) {
    const auto handle = executor.create_task(work_a_little(queue, i));
  }
  co_await mtaio::sleep(1s);
  CHECK(queue.qsize() == kTasks);
}

mtaio::Task<void> many_functions() {
  mtaio::TaskExecutor executor;
  int ran = 0;
  const auto count = [&ran](int) { ++ran; };
  co_await executor.map(count, std::vector<int>(kTasks));
  CHECK(ran == kTasks);
}

mtaio::Task<void> wait(mtaio::Latch& latch) { co_await latch.wait(); }

mtaio::Task<void> many_functions_given_up() {
  mtaio::ThreadPool pool{1};
  mtaio::TaskExecutor executor{pool};
  const auto nothing = [](int) {};
  try {
    co_await executor.map(nothing, std::vector<int>(kTasks), {.timeout = 10us});
  } catch (const mtaio::TimeoutError&) {
  }
}

mtaio::Task<void> yield_often() {
  for (int i = 0; i < 1'000; ++i) co_await mtaio::sleep(0s);
}

mtaio::Task<std::size_t> allocations_of_busy_tasks() {
  mtaio::TaskExecutor executor;
  auto tasks = test::many(100, [](int) { return yield_often(); });
  const std::size_t before = test::allocations();
  co_await executor.gather(std::move(tasks));
  co_return test::allocations() - before;
}

/// Without a seed, and with one.
void check(mtaio::Task<void> (*program)()) {
  Simulation{}.run(program());
  Simulation{{.seed = 1}}.run(program());
}

}  // namespace

TEST_CASE("Simulation: 10,000 tasks are a matter of some 10,000 steps") {
  Simulation in_order;
  CHECK(in_order.run(many_tasks()) == std::int64_t{kTasks} * (kTasks - 1) / 2);
  CHECK(in_order.steps() < 5 * kTasks);
  Simulation random{{.seed = 1}};
  CHECK(random.run(many_tasks()) == std::int64_t{kTasks} * (kTasks - 1) / 2);
  CHECK(random.steps() < 6 * kTasks);
}

TEST_CASE("Simulation: 10,000 created tasks, and 10,000 functions in threads") {
  check(many_created_tasks);
  check(many_functions);
  check(many_functions_given_up);
}

TEST_CASE("Simulation: a wake-up allocates nothing while no more than 256 tasks are ready" *
          doctest::skip(!test::kCountsAllocations)) {
  const auto wake_many = [](mtaio::Latch& latch) -> mtaio::Task<std::size_t> {
    mtaio::TaskExecutor executor;
    std::vector<mtaio::TaskHandle<void>> waiting;
    for (int i = 0; i < 250; ++i) {
      waiting.push_back(executor.create_task(wait(latch)));
      co_await mtaio::sleep(1s);
    }
    const std::size_t before = test::allocations();
    latch.count_down();
    co_await mtaio::sleep(1s);
    co_return test::allocations() - before;
  };
  mtaio::Latch latch{1};
  CHECK(Simulation{{.seed = 1}}.run(wake_many(latch)) == 0);
}

TEST_CASE("Simulation: tasks that never all wait at once allocate nothing in the long run" *
          doctest::skip(!test::kCountsAllocations)) {
  CHECK(Simulation{}.run(allocations_of_busy_tasks()) == 0);
}
