/// `map` when the range or the function throws.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"
#include "support/throwing_move.hpp"

#include <doctest/doctest.h>

#include <ranges>
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

int throw_at_3(int number) {
  if (number == 3) throw std::runtime_error{"the range"};
  return number;
}

/// A range that throws when the element 3 is read,
auto throwing_on_read() { return std::views::iota(0, 6) | std::views::transform(throw_at_3); }
/// and one that throws when it is advanced to there.
auto throwing_on_step() {
  return std::views::iota(0, 6) |
         std::views::filter([](int number) { return throw_at_3(number) >= 0; });
}

mtaio::Task<void> do_nothing() { co_return; }
mtaio::Task<int> give(int number) {
  co_await mtaio::sleep(0s);
  co_return number;
}
/// Throws before there is a task.
mtaio::Task<int> throw_in_the_call(int number) {
  if (number == 3) throw std::runtime_error{"the function"};
  return give(number);
}
mtaio::Task<int> wait_until_stopped(int& stopped, int number) {
  if (number == 2) {
    co_await mtaio::sleep(0s);
    throw std::runtime_error{"two"};
  }
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    ++stopped;
    throw;
  }
  co_return number;
}

TASK_TEST_CASE("map: an exception of the range is a failure of that element") {
  mtaio::TaskExecutor executor;

  const auto on_read = co_await outcome_of(executor.map(give, throwing_on_read(), {.limit = 2}));
  const auto on_step = co_await outcome_of(executor.map(give, throwing_on_step(), {.limit = 2}));

  for (const auto& outcome : {&on_read, &on_step}) {
    const auto* error = as<mtaio::ExecutionError>(outcome->error());
    REQUIRE(error);
    CHECK(error->index() == 3);
    CHECK(message_of(error->cause()) == "the range");
  }
}

TASK_TEST_CASE("map: an exception of the function itself is a failure of that element") {
  mtaio::TaskExecutor executor;

  const auto outcome =
      co_await outcome_of(executor.map(throw_in_the_call, std::views::iota(0, 6), {.limit = 2}));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 3);
  CHECK(std::string{error->what()} == "task 3 of 6 failed: the function");
}

TASK_TEST_CASE(
    "map: with return_exceptions an exception of the function is one outcome among the others") {
  mtaio::TaskExecutor executor;

  const auto outcomes = co_await executor.map(mtaio::return_exceptions, throw_in_the_call,
                                              std::views::iota(0, 6), {.limit = 2});

  REQUIRE(outcomes.size() == 6);
  CHECK(message_of(outcomes[3].error()) == "the function");
  CHECK(outcomes[5].value() == 5);
}

TASK_TEST_CASE(
    "map: with return_exceptions an element that cannot be read is one outcome among the others") {
  mtaio::TaskExecutor executor;

  const auto outcomes =
      co_await executor.map(mtaio::return_exceptions, give, throwing_on_read(), {.limit = 2});

  REQUIRE(outcomes.size() == 6);
  CHECK(message_of(outcomes[3].error()) == "the range");
  CHECK(outcomes[5].value() == 5);
}

TASK_TEST_CASE(
    "map: with return_exceptions a range that cannot be advanced ends with that as the last "
    "outcome") {
  mtaio::TaskExecutor executor;

  const auto outcomes =
      co_await executor.map(mtaio::return_exceptions, give, throwing_on_step(), {.limit = 2});

  REQUIRE(outcomes.size() == 4);
  CHECK(outcomes[2].value() == 2);
  CHECK(message_of(outcomes[3].error()) == "the range");
}

TASK_TEST_CASE("map: a range whose begin() throws fails the first element") {
  mtaio::TaskExecutor executor;
  auto broken = std::views::iota(0, 6) |
                std::views::filter([](int) -> bool { throw std::runtime_error{"begin"}; });

  const auto outcome = co_await outcome_of(executor.map(give, broken));
  const auto outcomes = co_await executor.map(mtaio::return_exceptions, give, broken);

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 0);
  CHECK(outcomes.size() == 1);
}

TASK_TEST_CASE("map: a failure stops the running tasks, and no further element is pulled") {
  mtaio::TaskExecutor executor;
  int stopped = 0;
  int pulled = 0;
  const auto work = [&](int number) { return wait_until_stopped(stopped, number); };
  const auto count = [&](int number) {
    ++pulled;
    return number;
  };

  const auto outcome = co_await outcome_of(
      executor.map(work, std::views::iota(0) | std::views::transform(count), {.limit = 4}));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 2);
  CHECK(stopped == 3);
  CHECK(pulled == 4);
}

TASK_TEST_CASE("map: a function that gives no task is a failure of that element") {
  mtaio::TaskExecutor executor;
  const auto none = [](int) { return mtaio::Task<int>{}; };

  const auto outcome = co_await outcome_of(executor.map(none, std::views::iota(0, 3)));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(as<std::logic_error>(error->cause()));
}

TASK_TEST_CASE(
    "map: the exception of a function in a caller that was asked to stop is a cancellation, not a "
    "failure") {
  mtaio::TaskExecutor executor;
  const auto fail_when_stopped = [](int) -> mtaio::Task<void> {
    [[maybe_unused]] const auto stopped = co_await outcome_of(mtaio::sleep(1h));
    throw std::runtime_error{"while stopping"};
  };
  auto handle =
      executor.create_task([](mtaio::TaskExecutor& of, auto function) -> mtaio::Task<void> {
        co_await of.map(function, std::views::iota(0, 3));
      }(executor, fail_when_stopped));
  co_await mtaio::sleep(0s);

  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(threw<mtaio::CancelledError>(outcome));
}

TASK_TEST_CASE("map: a result that cannot be put beside the others is a failure of its task") {
  mtaio::TaskExecutor executor;
  const auto make = [](int number) -> mtaio::Task<test::ThrowingMove> {
    test::ThrowingMove value{number};
    test::ThrowingMove::fail_after(1);  // out of the task, and not any further
    co_return value;
  };

  const auto outcome = co_await outcome_of(executor.map(make, std::views::iota(0, 1)));
  const auto outcomes =
      co_await executor.map(mtaio::return_exceptions, make, std::views::iota(0, 1));
  test::ThrowingMove::never_fail();

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(as<test::MoveFailed>(error->cause()));
  REQUIRE(outcomes.size() == 1);
  CHECK(threw<test::MoveFailed>(outcomes[0]));
}

TASK_TEST_CASE(
    "map: others have a turn after every 64 elements, whether these can be started or not") {
  mtaio::TaskExecutor executor;
  std::size_t turns = 0;
  bool over = false;
  auto other = executor.create_task([](std::size_t& count, bool& ended) -> mtaio::Task<void> {
    while (!ended) {
      co_await mtaio::sleep(0s);
      ++count;
    }
  }(turns, over));
  co_await mtaio::sleep(0s);
  std::vector<std::size_t> turns_before;
  const auto fail = [&](int) -> mtaio::Task<void> {
    turns_before.push_back(turns);
    throw std::runtime_error{"not started"};
  };
  const auto end_at_once = [&](int) -> mtaio::Task<void> {
    turns_before.push_back(turns);
    return do_nothing();
  };

  const std::size_t first = turns;
  co_await executor.map(mtaio::return_exceptions, fail, std::views::iota(0, 1'000));
  const std::size_t second = turns;
  co_await executor.map(end_at_once, std::views::iota(0, 1'000));

  over = true;
  co_await other;
  REQUIRE(turns_before.size() == 2'000);
  for (std::size_t i = 0; i < 1'000; ++i) {
    CAPTURE(i);
    CHECK(turns_before[i] == first + i / 64);
    CHECK(turns_before[i + 1'000] == second + i / 64);
  }
}

}  // namespace
