#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::message_of;
using test::outcome_of;

namespace {

int add(int a, int b) { return a + b; }

struct Counter {
  int value = 0;
  int increase(int by) { return value += by; }
};

/// Callable only once, as an rvalue.
struct Once {
  std::unique_ptr<int> value;
  int operator()() && { return *value; }
};

TASK_TEST_CASE(
    "run_in_thread: calls the function with its arguments on another thread and gives its result") {
  mtaio::TaskExecutor executor;
  const auto here = std::this_thread::get_id();

  const int sum = co_await executor.run_in_thread(add, 1, 2);
  const auto there = co_await executor.run_in_thread(std::this_thread::get_id);

  CHECK(sum == 3);
  CHECK(there != here);
  CHECK(std::this_thread::get_id() == here);
}

TASK_TEST_CASE("run_in_thread: results may be void, references and move-only") {
  mtaio::TaskExecutor executor;
  int variable = 0;
  const auto set = [&variable] { variable = 1; };
  const auto refer = [&variable]() -> int& { return variable; };
  const auto make = [] { return std::make_unique<int>(2); };

  co_await executor.run_in_thread(set);
  int& reference = co_await executor.run_in_thread(refer);
  const std::unique_ptr<int> owned = co_await executor.run_in_thread(make);

  CHECK(variable == 1);
  CHECK(&reference == &variable);
  CHECK(*owned == 2);
}

TASK_TEST_CASE("run_in_thread: arguments are copied or moved in, and shared with std::ref") {
  mtaio::TaskExecutor executor;
  std::string text = "a string that is too long to be stored in place";
  auto owned = std::make_unique<int>(2);
  Counter counter;
  const auto size = [](const std::string& of) { return of.size(); };
  const auto value = [](std::unique_ptr<int> of) { return *of; };
  const auto clear = [](std::string& which) { which.clear(); };

  auto kept = executor.run_in_thread(size, text);
  text += "!";
  const std::size_t length = co_await std::move(kept);
  const int moved = co_await executor.run_in_thread(value, std::move(owned));
  co_await executor.run_in_thread(clear, std::ref(text));
  const int increased = co_await executor.run_in_thread(&Counter::increase, &counter, 5);

  CHECK(length == 47);
  CHECK(moved == 2);
  CHECK(text.empty());
  CHECK(increased == 5);
  CHECK(counter.value == 5);
}

TASK_TEST_CASE("run_in_thread: the function may be move-only and callable only once") {
  mtaio::TaskExecutor executor;
  Once once{std::make_unique<int>(7)};
  const int value = co_await executor.run_in_thread(std::move(once));
  CHECK(value == 7);
}

TASK_TEST_CASE("run_in_thread: the function's exception is the cause of an ExecutionError") {
  mtaio::TaskExecutor executor;
  const auto fail = []() -> int { throw std::runtime_error{"disk full"}; };
  const auto fail_oddly = [] { throw 42; };
  const auto time_out = [] { throw mtaio::TimeoutError{"inside"}; };

  const auto failed = co_await outcome_of(executor.run_in_thread(fail));
  const auto odd = co_await outcome_of(executor.run_in_thread(fail_oddly));
  const auto timed_out = co_await outcome_of(executor.run_in_thread(time_out));

  for (const auto& error : {failed.error(), odd.error(), timed_out.error()}) {
    REQUIRE(as<mtaio::ExecutionError>(error));
  }
  const auto* error = as<mtaio::ExecutionError>(failed.error());
  CHECK(as<std::runtime_error>(error->cause()));
  CHECK(message_of(error->cause()) == "disk full");
  CHECK(*as<int>(as<mtaio::ExecutionError>(odd.error())->cause()) == 42);
  CHECK(as<mtaio::TimeoutError>(as<mtaio::ExecutionError>(timed_out.error())->cause()));
}

TASK_TEST_CASE(
    "run_in_thread: a CancelledError of a function without a stop request is a failure like "
    "others") {
  mtaio::TaskExecutor executor;
  const auto give_up = [] { throw mtaio::CancelledError{}; };
  const auto outcome = co_await outcome_of(executor.run_in_thread(give_up));
  REQUIRE(as<mtaio::ExecutionError>(outcome.error()));
  CHECK(as<mtaio::CancelledError>(as<mtaio::ExecutionError>(outcome.error())->cause()));
}

TASK_TEST_CASE("run_in_thread: the caller sees the writes of the function, on many threads", 4) {
  mtaio::TaskExecutor executor;
  const auto call = [](mtaio::TaskExecutor& of) -> mtaio::Task<int> {
    int value = 0;  // not atomic
    const auto increase = [&value] { ++value; };
    for (int i = 0; i < 100; ++i) co_await of.run_in_thread(increase);
    co_return value;
  };
  auto calls = test::many(20, [&](int) { return call(executor); });

  const std::vector<int> values = co_await executor.gather(std::move(calls));

  CHECK(values == std::vector<int>(20, 100));
}

}  // namespace
