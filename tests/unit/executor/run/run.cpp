#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::give;
using test::give_move_only;
using test::give_reference;
using test::outcome_of;
using test::threw;

namespace {

mtaio::Task<void> note(std::vector<int>& notes, int value) {
  notes.push_back(value);
  co_return;
}
mtaio::Task<int> fail(std::string why) {
  co_await mtaio::sleep(0s);
  throw std::runtime_error{why};
}
mtaio::Task<int> throw_an_int() {
  co_await mtaio::sleep(0s);
  throw 42;  // NOLINT(hicpp-exception-baseclass): that is the point
}
mtaio::Task<int> throw_cancelled() {
  co_await mtaio::sleep(0s);
  throw mtaio::CancelledError{};
}

/// A foreign awaitable.
struct Ready {
  int value;
  [[nodiscard]] bool await_ready() const { return true; }
  void await_suspend(std::coroutine_handle<>) const {}
  [[nodiscard]] int await_resume() const { return value; }
};

TASK_TEST_CASE("run: gives the task's result") {
  mtaio::TaskExecutor executor;
  int variable = 3;
  std::vector<int> notes;

  const int value = co_await executor.run(give(1));
  const std::unique_ptr<int> owned = co_await executor.run(give_move_only(2));
  int& reference = co_await executor.run(give_reference(variable));
  co_await executor.run(note(notes, 4));

  CHECK(value == 1);
  CHECK(*owned == 2);
  CHECK(&reference == &variable);
  CHECK(notes == std::vector{4});
}

TASK_TEST_CASE("run: the result is the same with a timeout that does not run out") {
  mtaio::TaskExecutor executor;
  int variable = 3;
  std::vector<int> notes;
  const mtaio::RunOptions options{.timeout = 1h};

  const int value = co_await executor.run(give(1), options);
  const std::unique_ptr<int> owned = co_await executor.run(give_move_only(2), options);
  int& reference = co_await executor.run(give_reference(variable), options);
  co_await executor.run(note(notes, 4), options);

  CHECK(value == 1);
  CHECK(*owned == 2);
  CHECK(&reference == &variable);
  CHECK(notes == std::vector{4});
}

TASK_TEST_CASE("run: takes an lvalue task, and any awaitable") {
  mtaio::TaskExecutor executor;
  mtaio::Task<int> task = give(1);
  Ready ready{2};
  mtaio::AsyncQueue<int> queue;
  co_await queue.put(3);

  const int from_task = co_await executor.run(task);
  const int from_awaitable = co_await executor.run(ready);
  const int from_queue = co_await executor.run(queue.get());
  co_await executor.run(mtaio::sleep(0s));

  CHECK(from_task == 1);
  CHECK(from_awaitable == 2);
  CHECK(from_queue == 3);
}

TASK_TEST_CASE("run: the task's exception is the cause of an ExecutionError") {
  mtaio::TaskExecutor executor;

  const auto outcome = co_await outcome_of(executor.run(fail("connection refused")));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(as<std::runtime_error>(error->cause()));
  CHECK(test::message_of(error->cause()) == "connection refused");
  CHECK(std::string{error->what()}.find("connection refused") != std::string::npos);
  CHECK(error->index() == 0);
  CHECK(error->failures().size() == 1);
  CHECK_THROWS_WITH_AS(error->rethrow_cause(), "connection refused", std::runtime_error);
}

TASK_TEST_CASE("run: an exception that is not a std::exception is wrapped too") {
  mtaio::TaskExecutor executor;

  const auto outcome = co_await outcome_of(executor.run(throw_an_int()));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  REQUIRE(as<int>(error->cause()));
  CHECK(*as<int>(error->cause()) == 42);
}

TASK_TEST_CASE(
    "run: an ExecutionError of a run inside is replaced by its cause, not wrapped again") {
  mtaio::TaskExecutor executor;

  const auto outcome = co_await outcome_of(executor.run(executor.run(fail("inner"))));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK_FALSE(error->has_index());
  CHECK(std::string{error->what()} == "task failed: inner");
  CHECK(test::message_of(error->cause()) == "inner");
}

TASK_TEST_CASE("run: an ExecutionError of a gather inside is kept as the cause") {
  mtaio::TaskExecutor executor;

  const auto outcome = co_await outcome_of(executor.run(executor.gather(fail("inner"))));

  const auto* outer = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(outer);
  const auto* inner = as<mtaio::ExecutionError>(outer->cause());
  REQUIRE(inner);
  CHECK(inner->has_index());
  CHECK(test::message_of(inner->cause()) == "inner");
}

TASK_TEST_CASE("run: a CancelledError without a stop request is a failure like others") {
  mtaio::TaskExecutor executor;

  const auto plain = co_await outcome_of(executor.run(throw_cancelled()));
  const auto timed = co_await outcome_of(executor.run(throw_cancelled(), {.timeout = 1h}));

  for (const auto& error : {plain.error(), timed.error()}) {
    REQUIRE(as<mtaio::ExecutionError>(error));
    CHECK(as<mtaio::CancelledError>(as<mtaio::ExecutionError>(error)->cause()));
  }
}

TASK_TEST_CASE("run: a task that was moved from or awaited before is a logic_error") {
  mtaio::TaskExecutor executor;
  mtaio::Task<int> task = give(1);
  co_await task;

  const auto outcome = co_await outcome_of(executor.run(std::move(task)));

  CHECK(threw<std::logic_error>(outcome));
}

}  // namespace
