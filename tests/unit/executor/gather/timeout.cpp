#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::outcome_of;
using test::threw;

namespace {

struct Counts {
  int started = 0;
  int ended = 0;
};

mtaio::Task<int> wait(Counts& counts, mtaio::Timeout time) {
  ++counts.started;
  try {
    co_await mtaio::sleep(time);
  } catch (const mtaio::CancelledError&) {
    ++counts.ended;
    throw;
  }
  ++counts.ended;
  co_return counts.ended;
}

mtaio::Task<int> compute_until_stopped() {
  const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
  while (!stop.stop_requested()) {
  }
  throw mtaio::CancelledError{};
}

std::vector<mtaio::Task<int>> waits(Counts& counts, int count, mtaio::Timeout time) {
  auto tasks = test::many(count, [&](int) { return wait(counts, time); });
  return tasks;
}

TASK_TEST_CASE(
    "gather: when the timeout of the call runs out, TimeoutError is thrown after all tasks have "
    "ended") {
  mtaio::TaskExecutor executor;
  Counts counts;

  const auto outcome =
      co_await outcome_of(executor.gather(waits(counts, 5, 1h), {.limit = 3, .timeout = 2ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(counts.started == 3);
  CHECK(counts.ended == 3);
}

TASK_TEST_CASE("gather: the timeout of the call holds with return_exceptions too") {
  mtaio::TaskExecutor executor;
  Counts counts;

  const auto outcome = co_await outcome_of(
      executor.gather(mtaio::return_exceptions, waits(counts, 5, 1h), {.timeout = 2ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(counts.started == 5);
  CHECK(counts.ended == 5);
}

TASK_TEST_CASE("gather: a timeout of zero or less starts nothing") {
  mtaio::TaskExecutor executor;
  Counts counts;

  const auto zero = co_await outcome_of(executor.gather(waits(counts, 5, 0s), {.timeout = 0s}));
  const auto negative =
      co_await outcome_of(executor.gather(waits(counts, 5, 0s), {.timeout = -1s}));
  const auto variadic =
      co_await outcome_of(executor.gather(mtaio::GatherOptions{.timeout = 0s}, wait(counts, 0s)));

  CHECK(threw<mtaio::TimeoutError>(zero));
  CHECK(threw<mtaio::TimeoutError>(negative));
  CHECK(threw<mtaio::TimeoutError>(variadic));
  CHECK(counts.started == 0);
}

TASK_TEST_CASE("gather: a timeout that does not run out changes nothing") {
  mtaio::TaskExecutor executor;
  Counts counts;

  const auto results = co_await executor.gather(
      waits(counts, 5, 1ms), {.timeout = std::chrono::hours::max(), .task_timeout = 1h});

  CHECK(results.size() == 5);
}

TASK_TEST_CASE(
    "gather: a task that runs out of its task_timeout fails with TimeoutError as the cause, and "
    "stops the others") {
  mtaio::TaskExecutor executor;
  Counts counts;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(wait(counts, 1ms));
  tasks.push_back(wait(counts, 1h));

  const auto outcome =
      co_await outcome_of(executor.gather(std::move(tasks), {.task_timeout = 50ms}));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 1);
  CHECK(as<mtaio::TimeoutError>(error->cause()));
  CHECK(counts.ended == 2);
}

TASK_TEST_CASE(
    "gather: with return_exceptions each task that runs out of its task_timeout has a TimeoutError "
    "as its outcome") {
  mtaio::TaskExecutor executor;
  Counts counts;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(wait(counts, 1h));
  tasks.push_back(wait(counts, 0s));
  tasks.push_back(wait(counts, 1h));

  const auto outcomes =
      co_await executor.gather(mtaio::return_exceptions, std::move(tasks), {.task_timeout = 20ms});

  CHECK(threw<mtaio::TimeoutError>(outcomes.at(0)));
  CHECK(outcomes.at(1).has_value());
  CHECK(threw<mtaio::TimeoutError>(outcomes.at(2)));
  CHECK(counts.ended == 3);
}

TASK_TEST_CASE("gather: a task_timeout is counted from the start of each task, not of the call") {
  mtaio::TaskExecutor executor;
  Counts counts;

  // Together they take longer than each one may.
  const auto results =
      co_await executor.gather(waits(counts, 6, 20ms), {.limit = 1, .task_timeout = 100ms});

  CHECK(results.size() == 6);
}

TASK_TEST_CASE("gather: a task_timeout of zero starts no task, and each has timed out") {
  mtaio::TaskExecutor executor;
  Counts counts;

  const auto outcomes = co_await executor.gather(mtaio::return_exceptions, waits(counts, 3, 0s),
                                                 {.task_timeout = 0s});

  CHECK(outcomes.size() == 3);
  for (const auto& outcome : outcomes) CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(counts.started == 0);
}

TASK_TEST_CASE("gather: tasks that only compute and poll are stopped by either timeout") {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(compute_until_stopped());
  tasks.push_back(compute_until_stopped());

  const auto whole = co_await outcome_of(executor.gather(std::move(tasks), {.timeout = 2ms}));
  const auto [each] = co_await executor.gather(
      mtaio::return_exceptions, mtaio::GatherOptions{.task_timeout = 2ms}, compute_until_stopped());

  CHECK(threw<mtaio::TimeoutError>(whole));
  CHECK(threw<mtaio::TimeoutError>(each));
}

TEST_CASE("gather: a NaN timeout is an invalid_argument, before anything starts") {
  mtaio::TaskExecutor executor;
  Counts counts;
  const std::chrono::duration<double> nan{std::numeric_limits<double>::quiet_NaN()};
  CHECK_THROWS_AS((void)executor.gather(waits(counts, 1, 0s), {.timeout = nan}),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)executor.run(wait(counts, 0s), {.timeout = nan}), std::invalid_argument);
  CHECK(counts.started == 0);
}

}  // namespace
