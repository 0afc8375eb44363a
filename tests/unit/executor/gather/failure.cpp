/// What `gather(range)` does when a task fails: nothing more starts, what runs is stopped and
/// waited for.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::message_of;
using test::outcome_of;
using test::threw;

namespace {

struct Counts {
  std::atomic<int> started{0};
  std::atomic<int> stopped{0};
  std::atomic<int> ended{0};
};

mtaio::Task<int> wait_until_stopped(Counts& counts) {
  ++counts.started;
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    ++counts.stopped;
  }
  ++counts.ended;
  throw mtaio::CancelledError{};
}

mtaio::Task<int> fail(std::string why) {
  co_await mtaio::sleep(0s);
  throw std::runtime_error{why};
}

mtaio::Task<int> fail_when_stopped(std::string why) {
  [[maybe_unused]] const auto stopped = co_await outcome_of(mtaio::sleep(1h));
  throw std::runtime_error{why};
}

mtaio::Task<int> fail_at_once(std::string why) {
  throw std::runtime_error{why};
  co_return 0;
}

mtaio::Task<int> ignore_stop(Counts& counts) {
  ++counts.started;
  for (int i = 0; i < 20; ++i) {
    try {
      co_await mtaio::sleep(0s);
    } catch (const mtaio::CancelledError&) {
      ++counts.stopped;
    }
  }
  ++counts.ended;
  co_return 1;
}

TASK_TEST_CASE("gather: a failure is an ExecutionError that names the task and says why") {
  mtaio::TaskExecutor executor;
  Counts counts;
  auto tasks = test::many(
      10, [&](int i) { return i == 3 ? fail("connection refused") : wait_until_stopped(counts); });

  const auto outcome = co_await outcome_of(executor.gather(std::move(tasks)));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(std::string{error->what()} == "task 3 of 10 failed: connection refused");
  CHECK(error->index() == 3);
  CHECK(message_of(error->cause()) == "connection refused");
  REQUIRE(error->failures().size() == 1);
  CHECK(error->failures().front().index == 3);
  CHECK(error->failures().front().cause == error->cause());
}

TASK_TEST_CASE(
    "gather: after a failure the running tasks are asked to stop, and waited for before it is "
    "thrown") {
  mtaio::TaskExecutor executor;
  Counts counts;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(wait_until_stopped(counts));
  tasks.push_back(ignore_stop(counts));
  tasks.push_back(fail("no"));
  tasks.push_back(wait_until_stopped(counts));

  const auto outcome = co_await outcome_of(executor.gather(std::move(tasks)));

  CHECK(threw<mtaio::ExecutionError>(outcome));
  CHECK(counts.started == 3);
  CHECK(counts.ended == 3);
  CHECK(counts.stopped >= 3);
}

TASK_TEST_CASE("gather: after a failure no further task starts") {
  mtaio::TaskExecutor executor;
  Counts counts;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(wait_until_stopped(counts));
  tasks.push_back(fail("no"));
  for (int i = 0; i < 10; ++i) tasks.push_back(wait_until_stopped(counts));

  const auto outcome = co_await outcome_of(executor.gather(std::move(tasks), {.limit = 2}));

  CHECK(threw<mtaio::ExecutionError>(outcome));
  CHECK(counts.started == 1);
  CHECK(counts.ended == 1);
}

TASK_TEST_CASE("gather: a task that fails without ever waiting keeps all behind it from starting") {
  mtaio::TaskExecutor executor;
  Counts counts;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(fail_at_once("first"));
  for (int i = 0; i < 10; ++i) tasks.push_back(wait_until_stopped(counts));

  const auto outcome = co_await outcome_of(executor.gather(std::move(tasks)));

  CHECK(threw<mtaio::ExecutionError>(outcome));
  CHECK(counts.started == 0);
}

TASK_TEST_CASE(
    "gather: the first failure by time is the cause; failures() lists all in the order of time") {
  mtaio::TaskExecutor executor;
  Counts counts;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(fail_when_stopped("a consequence"));
  tasks.push_back(wait_until_stopped(counts));
  tasks.push_back(fail("the reason"));

  const auto outcome = co_await outcome_of(executor.gather(std::move(tasks)));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 2);
  CHECK(message_of(error->cause()) == "the reason");
  REQUIRE(error->failures().size() == 2);
  CHECK(error->failures()[0].index == 2);
  CHECK(error->failures()[1].index == 0);
  CHECK(message_of(error->failures()[1].cause) == "a consequence");
}

TASK_TEST_CASE("gather: a CancelledError without a stop request is a failure like others") {
  mtaio::TaskExecutor executor;
  Counts counts;
  const auto give_up = []() -> mtaio::Task<int> {
    co_await mtaio::sleep(0s);
    throw mtaio::CancelledError{};
  };
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(wait_until_stopped(counts));
  tasks.push_back(give_up());

  const auto outcome = co_await outcome_of(executor.gather(std::move(tasks)));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 1);
  CHECK(as<mtaio::CancelledError>(error->cause()));
  CHECK(error->failures().size() == 1);
  CHECK(counts.ended == 1);
}

TEST_CASE(
    "gather: on several threads a failure stops the running tasks, and every task that started has "
    "ended") {
  for (int round = 0; round < 300; ++round) {
    test::with_threads(3, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      Counts counts;
      auto tasks = test::many(30, [&](int i) {
        return i % 10 == 5 ? fail(std::to_string(i)) : wait_until_stopped(counts);
      });

      const auto outcome = co_await outcome_of(executor.gather(std::move(tasks), {.limit = 12}));

      const auto* error = as<mtaio::ExecutionError>(outcome.error());
      REQUIRE(error);
      CHECK(std::to_string(error->index()) == message_of(error->cause()));
      CHECK(counts.started == counts.ended);
      CHECK(counts.started == counts.stopped);
    });
  }
}

TEST_CASE("gather: all of many tasks may fail at the same time on several threads") {
  for (int round = 0; round < 100; ++round) {
    test::with_threads(4, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      auto tasks = test::many(50, [&](int i) { return fail(std::to_string(i)); });

      const auto outcome = co_await outcome_of(executor.gather(std::move(tasks)));

      const auto* error = as<mtaio::ExecutionError>(outcome.error());
      REQUIRE(error);
      for (const auto& failure : error->failures()) {
        CHECK(std::to_string(failure.index) == message_of(failure.cause));
      }
    });
  }
}

}  // namespace
