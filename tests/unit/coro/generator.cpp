#include <mtaio/generator.hpp>

#include <mtaio/core.hpp>

#include "support/counted.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"
#include "support/throwing_move.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::Generator;
using mtaio::Task;
using test::outcome_of;
using test::threw;

namespace {

static_assert(mtaio::AsyncSource<Generator<int>>);
static_assert(std::same_as<mtaio::source_value_t<Generator<std::string>&>, std::string>);
static_assert(!std::is_copy_constructible_v<Generator<int>>);
static_assert(std::is_nothrow_move_constructible_v<Generator<int>>);

Generator<int> count_to(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
}
Generator<int> count_slowly_to(int last) {
  for (int i = 1; i <= last; ++i) {
    co_await mtaio::sleep(0s);
    co_yield i;
  }
}

template <class T>
Task<std::vector<T>> all_of(Generator<T> generator) {
  std::vector<T> values;
  while (auto value = co_await generator.next()) values.push_back(std::move(*value));
  co_return values;
}

TASK_TEST_CASE(
    "generator: gives what the coroutine yields, then nothing, as often as it is asked") {
  auto numbers = count_to(2);
  CHECK(co_await numbers.next() == 1);
  CHECK(co_await numbers.next() == 2);
  CHECK(co_await numbers.next() == std::nullopt);
  CHECK(co_await numbers.next() == std::nullopt);
}

TASK_TEST_CASE("generator: may wait between two values") {
  const auto values = co_await all_of(count_slowly_to(3));
  CHECK(values == std::vector{1, 2, 3});
}

Generator<int> noting_steps(std::string& steps) {
  steps += "begins";
  co_yield 1;
  steps += ", goes on";
  co_yield 2;
  steps += ", ends";
}

TASK_TEST_CASE("generator: runs only while a value is awaited") {
  std::string steps;
  auto numbers = noting_steps(steps);
  auto first = numbers.next();
  co_await test::let_others_run();
  CHECK(steps.empty());
  CHECK(co_await first == 1);
  co_await test::let_others_run();
  CHECK(steps == "begins");
  CHECK(co_await numbers.next() == 2);
  CHECK(steps == "begins, goes on");
  CHECK(co_await numbers.next() == std::nullopt);
  CHECK(steps == "begins, goes on, ends");
}

Generator<int> fail_after(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
  throw std::runtime_error{"no more"};
}

TASK_TEST_CASE("generator: what leaves the coroutine is thrown once, after all values") {
  auto numbers = fail_after(1);
  CHECK(co_await numbers.next() == 1);
  CHECK(threw<std::runtime_error>(co_await outcome_of(numbers.next())));
  CHECK(co_await numbers.next() == std::nullopt);
}

Generator<int> keep_while_counting(test::Counted kept) {
  for (int i = kept.value();; ++i) co_yield i;
}

TASK_TEST_CASE("generator: destroyed early, it destroys the variables of its coroutine") {
  const int before = test::Counted::alive();
  {
    auto endless = keep_while_counting(test::Counted{7});
    CHECK(co_await endless.next() == 7);
    CHECK(co_await endless.next() == 8);
    CHECK(test::Counted::alive() > before);
    const auto never_asked = keep_while_counting(test::Counted{1});
  }
  CHECK(test::Counted::alive() == before);
}

TASK_TEST_CASE("generator: goes on where it was when it has been moved") {
  auto numbers = count_to(3);
  CHECK(co_await numbers.next() == 1);
  Generator<int> moved = std::move(numbers);
  CHECK(co_await moved.next() == 2);
  CHECK_FALSE(static_cast<bool>(numbers));  // NOLINT(bugprone-use-after-move)
  CHECK(threw<std::logic_error>(co_await outcome_of(numbers.next())));
  numbers = std::move(moved);
  CHECK(co_await numbers.next() == 3);
}

Generator<std::unique_ptr<int>> boxes() {
  co_yield std::make_unique<int>(1);
  auto kept = std::make_unique<int>(2);
  co_yield std::move(kept);
}

TASK_TEST_CASE("generator: gives values that can only be moved") {
  auto both = boxes();
  const auto first = co_await both.next();
  const auto second = co_await both.next();
  CHECK(**first == 1);
  CHECK(**second == 2);
}

Generator<std::string> words() {
  co_yield "from a literal";
  const std::string kept = "from a variable";
  co_yield kept;
}

TASK_TEST_CASE("generator: yields what its type can be made of") {
  const auto both = co_await all_of(words());
  REQUIRE(both.size() == 2);
  CHECK(both[0] == "from a literal");
  CHECK(both[1] == "from a variable");
}

Generator<test::ThrowingMove> two_risky() {
  co_yield test::ThrowingMove{1};
  co_yield test::ThrowingMove{2};
}

TASK_TEST_CASE("generator: a value whose move throws is given by the next call") {
  auto values = two_risky();
  CHECK((co_await values.next())->value() == 1);
  test::ThrowingMove::fail_after(1);  // the value reaches the generator, and does not leave it
  CHECK(threw<test::MoveFailed>(co_await outcome_of(values.next())));
  test::ThrowingMove::never_fail();
  CHECK((co_await values.next())->value() == 2);
  CHECK_FALSE((co_await values.next()).has_value());
}

Generator<int> wait_and_tidy_up(bool& tidied_up) {
  co_yield 1;
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    tidied_up = true;
    throw;
  }
}
Generator<int> yield_when_stopped() {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
  }
  co_yield 1;
}
template <class T>
Task<std::optional<T>> next_of(Generator<T>& generator) {
  co_return co_await generator.next();
}

TASK_TEST_CASE("generator: a stop request reaches what the coroutine awaits") {
  mtaio::TaskExecutor executor;
  bool tidied_up = false;
  auto numbers = wait_and_tidy_up(tidied_up);
  CHECK(co_await numbers.next() == 1);
  auto handle = executor.create_task(next_of(numbers));
  co_await test::let_others_run();
  handle.request_stop();
  CHECK(threw<mtaio::CancelledError>(co_await outcome_of(std::move(handle))));
  CHECK(tidied_up);
  CHECK(co_await numbers.next() == std::nullopt);
}

TASK_TEST_CASE("generator: a coroutine that yields after a stop request has its value given") {
  mtaio::TaskExecutor executor;
  auto numbers = yield_when_stopped();
  auto handle = executor.create_task(next_of(numbers));
  co_await test::let_others_run();
  handle.request_stop();
  CHECK(co_await std::move(handle) == 1);
}

TASK_TEST_CASE("generator: a second task that awaits the next value at the same time is refused") {
  mtaio::TaskExecutor executor;
  auto numbers = count_slowly_to(2);
  auto first = executor.create_task(next_of(numbers));
  auto second = executor.create_task(next_of(numbers));
  CHECK(co_await std::move(first) == 1);
  CHECK(threw<std::logic_error>(co_await outcome_of(std::move(second))));
  CHECK(co_await numbers.next() == 2);
}

struct Node {
  int value;
  std::unique_ptr<Node> left, right;
};
Generator<int> in_order(const Node* node) {
  if (!node) co_return;
  auto left = in_order(node->left.get());
  while (auto value = co_await left.next()) co_yield *value;
  co_yield node->value;
  auto right = in_order(node->right.get());
  while (auto value = co_await right.next()) co_yield *value;
}

TASK_TEST_CASE("generator: walks a tree by generators of its subtrees") {
  Node root{2, std::make_unique<Node>(1), std::make_unique<Node>(3)};
  const auto values = co_await all_of(in_order(&root));
  CHECK(values == std::vector{1, 2, 3});
}

TASK_TEST_CASE("generator: a million values in a row need no stack") {
  auto numbers = count_to(1'000'000);
  long long sum = 0;
  while (const auto number = co_await numbers.next()) sum += *number;
  CHECK(sum == 500'000'500'000);
}

Task<int> take_three(Generator<int>& numbers) {
  int sum = 0;
  for (int i = 0; i < 3; ++i) {
    co_await mtaio::sleep(0s);
    sum += (co_await numbers.next()).value();
  }
  co_return sum;
}

TASK_TEST_CASE("generator: one task after the other may ask it, on any worker", 4) {
  mtaio::TaskExecutor executor;
  auto numbers = count_slowly_to(300);
  int sum = 0;
  for (int i = 0; i < 100; ++i) sum += co_await executor.create_task(take_three(numbers));
  CHECK(sum == 300 * 301 / 2);
  CHECK(co_await numbers.next() == std::nullopt);
}

}  // namespace
