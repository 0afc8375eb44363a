/// A coroutine that flows off its end though it has a result to give. The language leaves open what
/// happens then; with the compilers that are supported the coroutine ends, and whoever takes its
/// result gets an exception.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wreturn-type"
#endif
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wreturn-type"
#endif

namespace {

using namespace std::chrono_literals;
using test::message_of;
using test::outcome_of;
using test::threw;

const std::string complaint =
    "Task: the coroutine ended without co_return, so there is no result. Every way through a "
    "coroutine that gives a result must co_return it or throw; add the missing co_return.";

// Each falls off its end for odd numbers.
mtaio::Task<int> number(int i) {
  co_await mtaio::sleep(0s);
  if (i % 2 == 0) co_return i;
}
mtaio::Task<int> number_at_once(int i) {
  if (i % 2 == 0) co_return i;
}
mtaio::Task<std::string> text(int i) {
  co_await mtaio::sleep(0s);
  if (i % 2 == 0) co_return std::to_string(i);
}
mtaio::Task<std::unique_ptr<int>> move_only(int i) {
  if (i % 2 == 0) co_return std::make_unique<int>(i);
}
mtaio::Task<int&> reference(int& i) {
  if (i % 2 == 0) co_return i;
}
mtaio::Task<std::unique_ptr<int>> never(int) { co_await mtaio::sleep(0s); }

/// Whether it ended with the complaint,
template <class T>
bool complains(const mtaio::Outcome<T>& outcome) {
  return threw<std::logic_error>(outcome) && message_of(outcome.error()) == complaint;
}
/// or with an `ExecutionError` that has it as its cause.
template <class T>
bool complains_as_cause(const mtaio::Outcome<T>& outcome) {
  const auto* error = test::as<mtaio::ExecutionError>(outcome.error());
  return error && message_of(error->cause()) == complaint;
}

TASK_TEST_CASE("no co_return: co_await throws std::logic_error, whatever the result's type") {
  int odd = 1;
  int even = 2;
  CHECK(complains(co_await outcome_of(number(1))));
  CHECK(complains(co_await outcome_of(number_at_once(1))));
  CHECK(complains(co_await outcome_of(text(1))));
  CHECK(complains(co_await outcome_of(move_only(1))));
  CHECK(complains(co_await outcome_of(reference(odd))));
  CHECK(complains(co_await outcome_of(never(1))));
  const std::string two = co_await text(2);
  const auto two_alone = co_await move_only(2);
  int& two_itself = co_await reference(even);
  CHECK(two == "2");
  CHECK(*two_alone == 2);
  CHECK(&two_itself == &even);
}

TEST_CASE("no co_return: mtaio::run throws std::logic_error") {
  CHECK_THROWS_WITH_AS((void)mtaio::run(number(1)), complaint.c_str(), std::logic_error);
  CHECK_THROWS_WITH_AS((void)mtaio::run(text(1)), complaint.c_str(), std::logic_error);
  CHECK_THROWS_WITH_AS((void)mtaio::run(never(1)), complaint.c_str(), std::logic_error);
}

TASK_TEST_CASE("no co_return: for run, timed or not, it is a failure of the task") {
  mtaio::TaskExecutor executor;
  CHECK(complains_as_cause(co_await outcome_of(executor.run(text(1)))));
  CHECK(complains_as_cause(co_await outcome_of(executor.run(text(1), {.timeout = 1h}))));
}

TASK_TEST_CASE("no co_return: for gather and map it is the failure of that task") {
  mtaio::TaskExecutor executor;
  const std::vector<int> numbers{2, 1, 4};
  const mtaio::GatherOptions timed{.task_timeout = 1h};
  const auto texts = [] { return test::many(3, text); };
  CHECK(complains_as_cause(co_await outcome_of(executor.gather(texts()))));
  CHECK(complains_as_cause(co_await outcome_of(executor.gather(texts(), timed))));
  CHECK(complains_as_cause(co_await outcome_of(executor.map(number, numbers))));
  CHECK(complains_as_cause(co_await outcome_of(executor.map(number_at_once, numbers))));
  CHECK(complains_as_cause(co_await outcome_of(executor.map(move_only, numbers))));
  CHECK(complains_as_cause(co_await outcome_of(executor.gather(text(1), number(2)))));
  CHECK(complains_as_cause(co_await outcome_of(executor.gather(number(2), number(1)))));
  CHECK(complains_as_cause(
      co_await outcome_of(executor.gather(number_at_once(2), number_at_once(1)))));
  CHECK(complains_as_cause(co_await outcome_of(executor.gather(timed, number(2), text(1)))));
}

TASK_TEST_CASE("no co_return: with return_exceptions it is the error of that outcome") {
  mtaio::TaskExecutor executor;
  const std::vector<int> numbers{2, 1, 4};
  const auto mapped = co_await executor.map(mtaio::return_exceptions, text, numbers);
  const auto gathered =
      co_await executor.gather(mtaio::return_exceptions, number(1), number_at_once(1), text(2));
  REQUIRE(mapped.size() == 3);
  CHECK(*mapped[0] == "2");
  CHECK(complains(mapped[1]));
  CHECK(*mapped[2] == "4");
  CHECK(complains(std::get<0>(gathered)));
  CHECK(complains(std::get<1>(gathered)));
  CHECK(*std::get<2>(gathered) == "2");
}

TASK_TEST_CASE("no co_return: a created task throws it when its handle is awaited") {
  mtaio::TaskExecutor executor;
  auto handle = executor.create_task(text(1));
  CHECK(complains(co_await outcome_of(std::move(handle))));
}

TASK_TEST_CASE("no co_return: with_stop_token throws it, and a task awaited in between") {
  const auto between = [](int i) -> mtaio::Task<std::string> { co_return co_await text(i); };
  CHECK(complains(co_await outcome_of(mtaio::with_stop_token(std::stop_token{}, text(1)))));
  CHECK(complains(co_await outcome_of(between(1))));
}

TASK_TEST_CASE("task: an exception after co_return takes the place of the value") {
  struct ThrowsWhenItGoes {
    ThrowsWhenItGoes() = default;
    ThrowsWhenItGoes(const ThrowsWhenItGoes&) = delete;
    ThrowsWhenItGoes& operator=(const ThrowsWhenItGoes&) = delete;
    ~ThrowsWhenItGoes() noexcept(false) { throw std::runtime_error{"gone"}; }
  };
  const auto value = std::make_shared<int>(1);
  const auto give = [](std::shared_ptr<int> of) -> mtaio::Task<std::shared_ptr<int>> {
    const ThrowsWhenItGoes local;
    co_return of;
  };
  const auto outcome = co_await outcome_of(give(value));
  CHECK(threw<std::runtime_error>(outcome));
  CHECK(value.use_count() == 1);
}

TASK_TEST_CASE("no co_return: Task<void> needs none") {
  const auto nothing = []() -> mtaio::Task<void> { co_await mtaio::sleep(0s); };
  const auto outcome = co_await outcome_of(nothing());
  CHECK(outcome.has_value());
}

}  // namespace
