#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <array>
#include <concepts>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::give_move_only;
using test::give_now;
using test::give_reference;
using test::outcome_of;

namespace {

mtaio::Task<int> give_after(mtaio::Timeout pause, int value) {
  co_await mtaio::sleep(pause);
  co_return value;
}
mtaio::Task<void> add(int& sum, int value) {
  sum += value;
  co_return;
}
mtaio::Task<const std::string&> give_const_reference(const std::string& text) { co_return text; }
mtaio::Task<bool> is_even(int value) { co_return value % 2 == 0; }

/// Neither default-constructible nor assignable.
struct Rigid {
  explicit Rigid(int number) : value{number} {}
  const int value;
};
mtaio::Task<Rigid> give_rigid(int value) { co_return Rigid{value}; }

std::vector<mtaio::Task<int>> tasks_up_to(int count) {
  auto tasks = test::many(count, [&](int i) { return give_now(i); });
  return tasks;
}

std::vector<int> numbers_up_to(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TASK_TEST_CASE("gather: gives a vector of the results, in the order of the range") {
  mtaio::TaskExecutor executor;
  const std::vector<int> results = co_await executor.gather(tasks_up_to(100));
  CHECK(results == numbers_up_to(100));
}

TASK_TEST_CASE(
    "gather: results come in the order of the range, whatever order the tasks finish in") {
  mtaio::TaskExecutor executor;
  auto tasks =
      test::many(5, [&](int i) { return give_after(std::chrono::milliseconds{5 - i}, i); });

  const std::vector<int> results = co_await executor.gather(std::move(tasks));

  CHECK(results == numbers_up_to(5));
}

TASK_TEST_CASE("gather: an empty range gives an empty vector immediately") {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> of_void;

  const std::vector<int> results = co_await executor.gather(std::vector<mtaio::Task<int>>{});
  const auto outcomes = co_await executor.gather(mtaio::return_exceptions, tasks_up_to(0));
  co_await executor.gather(of_void);
  const std::vector<int> timed = co_await executor.gather(tasks_up_to(0), {.timeout = 0s});

  CHECK(results.empty());
  CHECK(outcomes.empty());
  CHECK(timed.empty());
}

TASK_TEST_CASE("gather: tasks of void give nothing") {
  mtaio::TaskExecutor executor;
  int sum = 0;
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 1; i <= 4; ++i) tasks.push_back(add(sum, i));

  static_assert(std::is_void_v<mtaio::await_result_t<decltype(executor.gather(tasks))>>);
  co_await executor.gather(tasks);

  CHECK(sum == 10);
}

TASK_TEST_CASE(
    "gather: results may be move-only, references, const, bool or neither assignable nor "
    "default-constructible") {
  mtaio::TaskExecutor executor;
  std::array<int, 3> variables{};
  const std::string text = "text";
  std::vector<mtaio::Task<std::unique_ptr<int>>> of_pointers;
  std::vector<mtaio::Task<int&>> of_references;
  std::vector<mtaio::Task<const std::string&>> of_const_references;
  std::vector<mtaio::Task<bool>> of_bools;
  std::vector<mtaio::Task<Rigid>> of_rigids;
  for (int i = 0; i < 3; ++i) {
    of_pointers.push_back(give_move_only(i));
    of_references.push_back(give_reference(variables.at(static_cast<std::size_t>(i))));
    of_const_references.push_back(give_const_reference(text));
    of_bools.push_back(is_even(i));
    of_rigids.push_back(give_rigid(i));
  }

  const auto pointers = co_await executor.gather(std::move(of_pointers));
  const std::vector<std::reference_wrapper<int>> references =
      co_await executor.gather(std::move(of_references));
  const auto const_references = co_await executor.gather(std::move(of_const_references));
  const std::vector<bool> bools = co_await executor.gather(std::move(of_bools));
  const std::vector<Rigid> rigids = co_await executor.gather(std::move(of_rigids));

  CHECK(*pointers.at(2) == 2);
  CHECK(&references.at(1).get() == &variables[1]);
  CHECK(&const_references.at(2).get() == &text);
  CHECK(bools == std::vector<bool>{true, false, true});
  CHECK(rigids.at(2).value == 2);
}

TEST_CASE("gather: bool results of tasks on several threads do not disturb each other") {
  for (int round = 0; round < 100; ++round) {
    test::with_threads(4, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      auto tasks = test::many(500, [&](int i) { return is_even(i); });

      const std::vector<bool> bools = co_await executor.gather(std::move(tasks));

      for (std::size_t i = 0; i < 500; ++i) REQUIRE(bools[i] == (i % 2 == 0));
    });
  }
}

TASK_TEST_CASE("gather: takes lvalue and rvalue ranges, lists, arrays and views") {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<int>> lvalue = tasks_up_to(3);
  std::list<mtaio::Task<int>> list;
  list.push_back(give_now(4));
  std::array<mtaio::Task<int>, 2> array{give_now(5), give_now(6)};
  auto view = std::views::iota(0, 3) | std::views::transform(give_now);

  const auto from_lvalue = co_await executor.gather(lvalue);
  const auto from_list = co_await executor.gather(std::move(list));
  const auto from_array = co_await executor.gather(array);
  const auto from_view = co_await executor.gather(view);

  CHECK(from_lvalue == numbers_up_to(3));
  CHECK(lvalue.size() == 3);
  CHECK(from_list == std::vector{4});
  CHECK(from_array == std::vector{5, 6});
  CHECK(from_view == numbers_up_to(3));
}

TASK_TEST_CASE("gather: takes awaitables that are no tasks") {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{0};
  std::vector<mtaio::Latch::Wait> waits{latch.wait(), latch.wait(1s)};
  std::vector<mtaio::Sleep> sleeps{mtaio::sleep(0s), mtaio::sleep(1ms)};

  const std::vector<bool> opened = co_await executor.gather(waits);
  co_await executor.gather(sleeps);

  CHECK(opened == std::vector<bool>{true, true});
}

TASK_TEST_CASE("gather: takes handles of tasks that run already, as lvalues too") {
  mtaio::TaskExecutor executor;
  auto handles = test::many(4, [&](int i) { return executor.create_task(give_after(1ms, i)); });

  const std::vector<int> results = co_await executor.gather(handles);

  CHECK(results == numbers_up_to(4));
  CHECK(handles.front().done());
}

TASK_TEST_CASE("gather: tasks that have been awaited before are logic_errors") {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<int>> tasks = tasks_up_to(3);
  co_await executor.gather(tasks);

  const auto again = co_await outcome_of(executor.gather(tasks));

  CHECK(test::threw<std::logic_error>(again));
}

TASK_TEST_CASE("gather: a range with a task that was awaited before starts none of the others") {
  mtaio::TaskExecutor executor;
  int started = 0;
  const auto start = [](int& count) -> mtaio::Task<void> {
    ++count;
    co_return;
  };
  const auto with_one_missing = [&] {
    std::vector<mtaio::Task<void>> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(start(started));
    tasks.emplace_back();
    return tasks;
  };
  const auto list_with_one_missing = [&] {
    std::list<mtaio::Task<void>> tasks;
    tasks.push_back(start(started));
    tasks.emplace_back();
    return tasks;
  };
  auto kept = with_one_missing();
  auto kept_list = list_with_one_missing();

  const auto plain = co_await outcome_of(executor.gather(with_one_missing()));
  const auto outcomes =
      co_await outcome_of(executor.gather(mtaio::return_exceptions, with_one_missing()));
  const auto viewed = co_await outcome_of(executor.gather(std::span{kept}));
  const auto list = co_await outcome_of(executor.gather(kept_list));
  const auto viewed_list = co_await outcome_of(executor.gather(std::views::all(kept_list)));
  const auto owned_list =
      co_await outcome_of(executor.gather(std::views::all(list_with_one_missing())));

  CHECK(test::threw<std::logic_error>(plain));
  CHECK(test::threw<std::logic_error>(outcomes));
  CHECK(test::threw<std::logic_error>(viewed));
  CHECK(test::threw<std::logic_error>(list));
  CHECK(test::threw<std::logic_error>(viewed_list));
  CHECK(test::threw<std::logic_error>(owned_list));
  CHECK(started == 0);
  kept.pop_back();
  co_await executor.gather(kept);  // they are still there
  CHECK(started == 5);
}

TASK_TEST_CASE("gather: a view that makes its tasks on the way is walked once, references or not") {
  mtaio::TaskExecutor executor;
  std::deque<mtaio::Task<int>> made;
  int calls = 0;
  const auto make = [&](int i) -> mtaio::Task<int>& {
    ++calls;
    return made.emplace_back(give_now(i));
  };
  const auto results =
      co_await executor.gather(std::views::iota(0, 5) | std::views::transform(make));
  CHECK(results == std::vector{0, 1, 2, 3, 4});
  CHECK(calls == 5);
}

}  // namespace
