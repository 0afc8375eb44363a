#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <list>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::outcome_of;

namespace {

mtaio::Task<int> add(int a, int b) {
  co_await mtaio::sleep(0s);
  co_return a + b;
}
mtaio::Task<std::string> join(std::string text, int number) {
  co_return text + std::to_string(number);
}
mtaio::Task<void> copy_into(int from, int& to) {
  to = from;
  co_return;
}
int multiply(int a, int b) { return a * b; }

TASK_TEST_CASE("map: walks two ranges in step") {
  mtaio::TaskExecutor executor;
  const std::vector<std::string> texts{"a", "b", "c"};
  const std::list<int> numbers{1, 2, 3};

  const auto joined = co_await executor.map(join, texts, numbers, {.limit = 2});
  const auto products = co_await executor.map(multiply, numbers, std::views::iota(10, 13));

  CHECK(joined == std::vector<std::string>{"a1", "b2", "c3"});
  CHECK(products == std::vector{10, 22, 36});
}

TASK_TEST_CASE("map: over two ranges is as long as the shorter one") {
  mtaio::TaskExecutor executor;
  const std::vector<int> three{1, 2, 3};
  const std::vector<int> two{10, 20};
  const std::vector<int> none;

  const auto first_longer = co_await executor.map(add, three, two);
  const auto second_longer = co_await executor.map(add, two, three);
  const auto first_empty = co_await executor.map(add, none, three);
  const auto second_empty = co_await executor.map(add, three, none);

  CHECK(first_longer == std::vector{11, 22});
  CHECK(second_longer == std::vector{11, 22});
  CHECK(first_empty.empty());
  CHECK(second_empty.empty());
}

TASK_TEST_CASE("map: one of two ranges may be endless") {
  mtaio::TaskExecutor executor;
  const std::vector<int> numbers{1, 2, 3};

  const auto endless_second = co_await executor.map(add, numbers, std::views::iota(0));
  const auto endless_first = co_await executor.map(add, std::views::iota(0), numbers);

  CHECK(endless_second == std::vector{1, 3, 5});
  CHECK(endless_first == std::vector{1, 3, 5});
}

TASK_TEST_CASE("map: two single-pass ranges are read in step") {
  mtaio::TaskExecutor executor;
  std::istringstream first{"1 2 3 4"};
  std::istringstream second{"10 20 30"};

  const auto sums =
      co_await executor.map(add, std::views::istream<int>(first), std::views::istream<int>(second));

  CHECK(sums == std::vector{11, 22, 33});
}

TASK_TEST_CASE("map: over two ranges may write to one and read from the other") {
  mtaio::TaskExecutor executor;
  const std::vector<int> from{1, 2, 3};
  std::vector<int> to(3);

  co_await executor.map(copy_into, from, to, {.limit = 2});

  CHECK(to == from);
}

TASK_TEST_CASE(
    "map: the error of a call over two ranges knows the number of tasks when both can tell it") {
  mtaio::TaskExecutor executor;
  const auto fail = [](int, int) -> mtaio::Task<void> {
    throw std::runtime_error{"no"};
    co_return;
  };
  const std::vector<int> three{1, 2, 3};
  const std::vector<int> two{1, 2};

  const auto known = co_await outcome_of(executor.map(fail, three, two));
  const auto unknown = co_await outcome_of(executor.map(fail, three, std::views::iota(0)));

  CHECK(test::message_of(known.error()) == "task 0 of 2 failed: no");
  CHECK(test::message_of(unknown.error()) == "task 0 failed: no");
}

}  // namespace
