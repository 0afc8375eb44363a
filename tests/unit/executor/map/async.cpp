/// `map` with a function that returns an awaitable.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

mtaio::Task<std::string> process(std::string item) {
  co_await mtaio::sleep(0s);
  co_return "Processed: " + item;
}
mtaio::Task<int> square(int number) { co_return number* number; }
mtaio::Task<int> slower_first(int number) {
  for (int i = number; i < 10; ++i) co_await mtaio::sleep(0s);
  co_return number;
}
mtaio::Task<void> double_in_place(int& number) {
  number *= 2;
  co_return;
}
mtaio::Task<int> take(std::unique_ptr<int> number) { co_return *number; }
mtaio::Task<int&> same(int& number) { co_return number; }
mtaio::Task<bool> is_even(int number) { co_return number % 2 == 0; }

struct Adder {
  int summand;
  [[nodiscard]] mtaio::Task<int> add(int number) const { co_return summand + number; }
};

/// A function object that cannot be copied.
struct Times {
  std::unique_ptr<int> factor;
  [[nodiscard]] mtaio::Task<int> operator()(int number) const { return square(number * *factor); }
};

TASK_TEST_CASE("map: calls an async function for every element and gives the results in order") {
  mtaio::TaskExecutor executor;
  const std::vector<std::string> items{"item1", "item2", "item3"};

  const std::vector<std::string> all = co_await executor.map(process, items, {.limit = 2});

  CHECK(all ==
        std::vector<std::string>{"Processed: item1", "Processed: item2", "Processed: item3"});
}

TASK_TEST_CASE("map: results come in the order of the range, whatever order the tasks finish in") {
  mtaio::TaskExecutor executor;
  const auto results = co_await executor.map(slower_first, std::views::iota(0, 10));
  CHECK(std::ranges::equal(results, std::views::iota(0, 10)));
}

TASK_TEST_CASE("map: an empty range gives an empty vector immediately") {
  mtaio::TaskExecutor executor;

  const auto none = co_await executor.map(square, std::vector<int>{});
  const auto no_outcomes =
      co_await executor.map(mtaio::return_exceptions, square, std::vector<int>{});
  const auto not_sized = co_await executor.map(
      square, std::views::iota(0, 5) | std::views::filter([](int) { return false; }));
  const auto empty_view = co_await executor.map(square, std::views::empty<int>, {.timeout = 0s});

  CHECK(none.empty());
  CHECK(no_outcomes.empty());
  CHECK(not_sized.empty());
  CHECK(empty_view.empty());
}

TASK_TEST_CASE(
    "map: elements of an lvalue range are passed as they are, so that a function may change them") {
  mtaio::TaskExecutor executor;
  std::vector<int> numbers{1, 2, 3};

  static_assert(
      std::is_void_v<mtaio::await_result_t<decltype(executor.map(double_in_place, numbers))>>);
  co_await executor.map(double_in_place, numbers);

  CHECK(numbers == std::vector{2, 4, 6});
}

TASK_TEST_CASE("map: an rvalue range is moved in and lives until the end of the call") {
  mtaio::TaskExecutor executor;
  const auto later = [](const std::string& item) -> mtaio::Task<std::string> {
    co_await mtaio::sleep(1ms);
    co_return item;
  };
  std::vector<std::string> items{"a string that is too long to be stored in place", "b"};
  const std::vector<std::string> copy = items;

  auto operation = executor.map(later, std::move(items));
  const std::vector<std::string> results = co_await std::move(operation);

  CHECK(results == copy);
}

TASK_TEST_CASE("map: elements may be moved out of the range") {
  mtaio::TaskExecutor executor;
  auto pointers = test::many(3, [&](int i) { return std::make_unique<int>(i); });
  const auto move = [](std::unique_ptr<int>& pointer) { return take(std::move(pointer)); };

  const auto results = co_await executor.map(move, pointers);

  CHECK(results == std::vector{0, 1, 2});
  CHECK(pointers.front() == nullptr);
}

TASK_TEST_CASE("map: results may be references or bool") {
  mtaio::TaskExecutor executor;
  std::array<int, 3> numbers{1, 2, 3};

  const std::vector<std::reference_wrapper<int>> references = co_await executor.map(same, numbers);
  const std::vector<bool> even = co_await executor.map(is_even, numbers);

  CHECK(&references.at(2).get() == &numbers[2]);
  CHECK(even == std::vector<bool>{false, true, false});
}

TASK_TEST_CASE(
    "map: the function may be a lambda, a function object or a member function, and return any "
    "awaitable") {
  mtaio::TaskExecutor executor;
  const std::vector<Adder> adders{{10}, {20}};
  const std::vector<int> numbers{1, 2};
  int calls = 0;
  const auto counting = [&calls](int number) {
    ++calls;
    return square(number);
  };
  std::function<mtaio::Task<int>(int)> function = square;
  const auto nap = [](int) { return mtaio::sleep(0s); };

  const auto from_lambda = co_await executor.map(counting, numbers);
  const auto from_function = co_await executor.map(function, numbers);
  const auto from_member = co_await executor.map(&Adder::add, adders, numbers);
  co_await executor.map(nap, numbers);

  CHECK(calls == 2);
  CHECK(from_lambda == std::vector{1, 4});
  CHECK(from_function == std::vector{1, 4});
  CHECK(from_member == std::vector{11, 22});
}

TASK_TEST_CASE(
    "map: a function object that is an rvalue is moved in and lives until the end of the call") {
  mtaio::TaskExecutor executor;
  Times times;
  times.factor = std::make_unique<int>(3);

  auto operation = executor.map(std::move(times), std::views::iota(1, 4));
  const auto results = co_await std::move(operation);

  CHECK(results == std::vector{9, 36, 81});
}

TASK_TEST_CASE("map: many small tasks on several threads are all run once", 4) {
  mtaio::TaskExecutor executor;
  const auto same_number = [](std::int64_t number) -> mtaio::Task<std::int64_t> {
    co_return number;
  };
  constexpr std::int64_t kCount = 200'000;

  const auto results =
      co_await executor.map(same_number, std::views::iota(std::int64_t{0}, kCount));

  CHECK(std::ranges::equal(results, std::views::iota(std::int64_t{0}, kCount)));
}

}  // namespace
