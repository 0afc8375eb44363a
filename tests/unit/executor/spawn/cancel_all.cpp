#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <latch>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::Counts;
using test::give_now;
using test::outcome_of;
using test::threw;
using test::wait_until_stopped;

namespace {

/// The CPU time that it takes to cancel N tasks.
mtaio::Task<std::clock_t> time_to_cancel(int tasks) {
  mtaio::TaskExecutor executor;
  Counts counts;
  for (int i = 0; i < tasks; ++i) {
    const auto handle = executor.create_task(wait_until_stopped(counts));
  }
  while (counts.started < tasks) co_await mtaio::sleep(0s);
  const std::clock_t start = std::clock();
  co_await executor.cancel_all();
  const std::clock_t time = std::clock() - start;
  CHECK(counts.ended == tasks);
  co_return time;
}

/// A task that takes its time to stop: it waits for a function in a thread that waits for `go_on`.
struct Stubborn {
  std::latch running{1};
  std::latch go_on{1};
  std::atomic<bool> ended{false};
};
mtaio::Task<void> take_time_to_stop(mtaio::TaskExecutor& threads, Stubborn& stubborn) {
  const auto block = [&stubborn] {
    stubborn.running.count_down();
    stubborn.go_on.wait();
    stubborn.ended = true;
  };
  co_await threads.run_in_thread(block);
}

TEST_CASE("cancel_all: asks every created task to stop and waits for it") {
  for (const std::size_t threads : {1U, 3U}) {
    test::with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      Counts counts;
      auto handles =
          test::many(50, [&](int) { return executor.create_task(wait_until_stopped(counts)); });

      co_await executor.cancel_all();

      CHECK(counts.started == counts.ended);
      for (const auto& handle : handles) CHECK(handle.done());
    });
  }
}

TASK_TEST_CASE("cancel_all: ten times as many tasks take about ten times as long") {
  const auto few = co_await time_to_cancel(5'000);
  const auto many = co_await time_to_cancel(50'000);
  CHECK(many < CLOCKS_PER_SEC / 5 + 30 * few);  // 100 times, if each looked at all the others
}

TASK_TEST_CASE(
    "cancel_all: with nothing to stop returns immediately, and the executor can be used again") {
  mtaio::TaskExecutor executor;
  co_await executor.cancel_all();
  auto handle = executor.create_task(give_now(1));
  const int result = co_await handle;
  co_await executor.cancel_all();
  const int another = co_await executor.run(give_now(2));
  CHECK(result == 1);
  CHECK(another == 2);
}

TASK_TEST_CASE("cancel_all: leaves the tasks of other executors and gathers alone") {
  mtaio::TaskExecutor executor;
  mtaio::TaskExecutor other;
  Counts mine;
  Counts others;
  const auto handle = executor.create_task(wait_until_stopped(mine));
  const auto others_handle = other.create_task(wait_until_stopped(others));
  co_await mtaio::sleep(0s);

  co_await executor.gather(executor.cancel_all(), mtaio::sleep(0s));

  CHECK(mine.ended == 1);
  CHECK(others.ended == 0);
  co_await other.cancel_all();
}

TASK_TEST_CASE("cancel_all: does not wait for tasks created meanwhile") {
  mtaio::TaskExecutor executor;
  Counts counts;
  const auto respawn = [](mtaio::TaskExecutor& of, Counts& to) -> mtaio::Task<void> {
    [[maybe_unused]] const auto stopped = co_await outcome_of(mtaio::sleep(1h));
    const auto handle = of.create_task(wait_until_stopped(to));
  };
  const auto handle = executor.create_task(respawn(executor, counts));
  co_await mtaio::sleep(0s);

  co_await executor.cancel_all();

  CHECK(counts.ended == 0);
  co_await mtaio::sleep(0s);
  CHECK(counts.started == 1);
}

TASK_TEST_CASE("cancel_all: a caller that is asked to stop while it waits gets CancelledError") {
  mtaio::TaskExecutor executor;
  Stubborn stubborn;
  const auto handle = executor.create_task(take_time_to_stop(executor, stubborn));
  co_await mtaio::sleep(0s);
  stubborn.running.wait();
  auto cancelling = executor.cancel_all();

  const auto outcome = co_await outcome_of(executor.run(cancelling, {.timeout = 2ms}));
  const bool ended_before = stubborn.ended;
  stubborn.go_on.count_down();
  co_await executor.cancel_all();

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK_FALSE(ended_before);
  CHECK(stubborn.ended);
  CHECK(handle.done());
}

TASK_TEST_CASE(
    "cancel_all: called by one of the tasks stops that task too, which sees the request "
    "immediately") {
  mtaio::TaskExecutor executor;
  Counts counts;
  const auto cancel = [](mtaio::TaskExecutor& of) -> mtaio::Task<void> {
    co_await of.cancel_all();
  };
  const auto other = executor.create_task(wait_until_stopped(counts));
  auto handle = executor.create_task(cancel(executor));

  const auto outcome = co_await outcome_of(std::move(handle));
  co_await executor.cancel_all();

  CHECK(threw<mtaio::CancelledError>(outcome));
  CHECK(counts.started == counts.ended);
}

TASK_TEST_CASE("cancel_all: several concurrent callers all wait until the tasks have ended") {
  mtaio::TaskExecutor executor;
  Stubborn stubborn;
  const auto handle = executor.create_task(take_time_to_stop(executor, stubborn));
  const auto cancel = [](mtaio::TaskExecutor& of, const Stubborn& task) -> mtaio::Task<bool> {
    co_await of.cancel_all();
    co_return task.ended;
  };
  const auto release = [](Stubborn& task) -> mtaio::Task<void> {
    for (int i = 0; i < 10; ++i) co_await mtaio::sleep(0s);
    task.go_on.count_down();
  };
  co_await mtaio::sleep(0s);
  stubborn.running.wait();

  const auto [first, second, third] = co_await executor.gather(
      cancel(executor, stubborn), cancel(executor, stubborn), release(stubborn));

  CHECK(first);
  CHECK(second);
}

}  // namespace
