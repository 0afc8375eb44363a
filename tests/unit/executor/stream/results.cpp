/// `stream`: which results come, when, and how many tasks run meanwhile.
#include <mtaio/core.hpp>

#include "support/counted.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"
#include "support/throwing_move.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using mtaio::AsyncQueue;
using mtaio::Generator;
using mtaio::Outcome;
using mtaio::Stream;
using mtaio::Task;
using mtaio::TaskExecutor;
using test::outcome_of;
using test::threw;

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): each closure outlives the
// stream that calls it

namespace {

static_assert(mtaio::AsyncSource<Stream<int>>);
static_assert(!std::is_copy_constructible_v<Stream<int>>);
static_assert(std::is_nothrow_move_constructible_v<Stream<int>>);

auto numbers_to(int last) { return std::views::iota(1, last + 1); }
Generator<int> count_to(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
}

Task<int> twice(int number) {
  co_await mtaio::sleep(0s);
  co_return 2 * number;
}
/// The greater the number, the earlier it ends.
Task<int> slower_first(int number) {
  for (int i = number; i < 10; ++i) co_await mtaio::sleep(0s);
  co_return number;
}

template <class T>
Task<std::vector<T>> all_of(Stream<T> stream) {
  std::vector<T> results;
  while (auto result = co_await stream.next()) results.push_back(std::move(*result));
  co_return results;
}

TASK_TEST_CASE("stream: gives the results in the order of the elements, then nothing") {
  TaskExecutor executor;
  auto results = executor.stream(slower_first, numbers_to(4), {.limit = 3});
  for (int i = 1; i <= 4; ++i) CHECK(co_await results.next() == i);
  CHECK(co_await results.next() == std::nullopt);
  CHECK(co_await results.next() == std::nullopt);
}

TASK_TEST_CASE("stream: not ordered, gives the results as the tasks end") {
  TaskExecutor executor;
  mtaio::Latch first{1};
  mtaio::Latch second{1};
  const auto wait = [&](int number) -> Task<int> {
    co_await (number == 1 ? first : second).wait();
    first.count_down();
    co_return number;
  };
  auto results = executor.stream(wait, numbers_to(2), {.ordered = false});
  auto all = executor.create_task(all_of(std::move(results)));
  co_await test::let_others_run();
  second.count_down();
  const auto as_they_ended = co_await std::move(all);
  CHECK(as_they_ended == std::vector{2, 1});
}

TASK_TEST_CASE("stream: of no elements ends immediately") {
  TaskExecutor executor;
  CHECK((co_await all_of(executor.stream(twice, numbers_to(0)))).empty());
  CHECK((co_await all_of(executor.stream(twice, count_to(0)))).empty());
  CHECK((co_await all_of(executor.stream(mtaio::return_exceptions, twice, numbers_to(0)))).empty());
}

TASK_TEST_CASE("stream: takes a range, a generator, a queue, or another stream") {
  TaskExecutor executor;
  AsyncQueue<int> queue;
  for (int i = 1; i <= 5; ++i) co_await queue.put(i);
  queue.shutdown();
  const auto of_queue = co_await all_of(executor.stream(twice, queue, {.limit = 2}));
  CHECK(of_queue == std::vector{2, 4, 6, 8, 10});
  auto first = executor.stream(twice, count_to(5), {.limit = 2});
  auto second = executor.stream(twice, first, {.limit = 3});
  const auto third = co_await executor.map(twice, second, {.limit = 1});
  CHECK(third == std::vector{8, 16, 24, 32, 40});
}

TASK_TEST_CASE("stream: calls a plain function in threads") {
  TaskExecutor executor;
  const auto square = [](int number) { return number * number; };
  const auto results = co_await all_of(executor.stream(square, numbers_to(50), {.limit = 4}));
  CHECK(results.size() == 50);
  CHECK(results.back() == 2500);
}

TASK_TEST_CASE("stream: nothing starts before the first result is asked for") {
  TaskExecutor executor;
  int started = 0;
  const auto note = [&](int number) -> Task<int> {
    ++started;
    co_return number;
  };
  auto results = executor.stream(note, numbers_to(3));
  auto next = results.next();
  co_await test::let_others_run();
  CHECK(started == 0);
  CHECK(co_await next == 1);
  co_await test::let_others_run();
  CHECK(started == 3);
}

/// Starts, and counts what has started.
struct Started {
  int count = 0;
  Task<int> operator()(int number) {
    ++count;
    co_return number;
  }
};

TASK_TEST_CASE("stream: a result that was not taken counts towards the limit") {
  TaskExecutor executor;
  for (const bool ordered : {true, false}) {
    Started started;
    const auto start = [&](int number) { return started(number); };
    auto results = executor.stream(start, numbers_to(10), {.limit = 3, .ordered = ordered});
    CHECK(co_await results.next() == 1);
    co_await test::let_others_run();
    CHECK(started.count == 4);  // one was taken, three wait
    CHECK(co_await results.next() == 2);
    CHECK(co_await results.next() == 3);
    co_await test::let_others_run();
    CHECK(started.count == 6);
    const auto rest = co_await all_of(std::move(results));
    CHECK(rest.size() == 7);
    CHECK(started.count == 10);
  }
}

TASK_TEST_CASE("stream: an endless range needs no memory for what was taken") {
  TaskExecutor executor;
  const int alive = test::Counted::alive();
  const auto make = [](int number) -> Task<test::Counted> { co_return test::Counted{number}; };
  auto results = executor.stream(make, std::views::iota(0), {.limit = 4});
  for (int i = 0; i < 10'000; ++i) {
    CHECK((co_await results.next())->value() == i);
    CHECK(test::Counted::alive() - alive <= 8);
  }
  co_await results.close();
}

TASK_TEST_CASE("stream: the next stage's limit slows the stage before it") {
  TaskExecutor executor;
  Started started;
  mtaio::Latch go_on{1};
  const auto start = [&](int number) { return started(number); };
  const auto wait = [&](int number) -> Task<int> {
    co_await go_on.wait();
    co_return number;
  };
  auto first = executor.stream(start, numbers_to(100), {.limit = 5});
  auto second = executor.stream(wait, first, {.limit = 2});
  auto next = executor.create_task([](Stream<int>& stream) -> Task<std::optional<int>> {
    co_return co_await stream.next();
  }(second));
  co_await test::let_others_run();
  CHECK(started.count == 7);
  go_on.count_down();
  CHECK(co_await std::move(next) == 1);
  const auto rest = co_await all_of(std::move(second));
  CHECK(rest.size() == 99);
}

TASK_TEST_CASE("stream: results may be nothing, references, or movable only") {
  TaskExecutor executor;
  const auto nothing = [](int) -> Task<void> { co_return; };
  auto of_nothing = executor.stream(nothing, numbers_to(2));
  static_assert(std::same_as<decltype(of_nothing), Stream<std::monostate>>);
  CHECK((co_await all_of(std::move(of_nothing))).size() == 2);

  int variable = 0;
  const auto refer = [&](int) -> Task<int&> { co_return variable; };
  auto references = executor.stream(refer, numbers_to(1));
  CHECK(&(co_await references.next())->get() == &variable);

  const auto box = [](int number) -> Task<std::unique_ptr<int>> {
    co_return std::make_unique<int>(number);
  };
  auto boxes = executor.stream(box, numbers_to(2));
  CHECK(**co_await boxes.next() == 1);
}

TASK_TEST_CASE("stream: a result whose move throws is given by the next call") {
  TaskExecutor executor;
  const auto make = [](int number) -> Task<test::ThrowingMove> {
    co_return test::ThrowingMove{number};
  };
  auto results = executor.stream(make, numbers_to(3), {.limit = 1});
  CHECK((co_await results.next())->value() == 1);
  co_await test::let_others_run();  // the second result is in the stream
  test::ThrowingMove::fail_after(0);
  CHECK(threw<test::MoveFailed>(co_await outcome_of(results.next())));
  test::ThrowingMove::never_fail();
  CHECK((co_await results.next())->value() == 2);
  CHECK((co_await results.next())->value() == 3);
}

Task<int> fail_at_two(int number) {
  co_await mtaio::sleep(0s);
  if (number == 2) throw std::runtime_error{"two"};
  co_return number;
}

TASK_TEST_CASE("stream: return_exceptions gives an outcome for each element") {
  TaskExecutor executor;
  for (const bool ordered : {true, false}) {
    auto stream = executor.stream(mtaio::return_exceptions, fail_at_two, numbers_to(4),
                                  {.limit = 2, .ordered = ordered});
    static_assert(std::same_as<decltype(stream), Stream<Outcome<int>>>);
    const auto outcomes = co_await all_of(std::move(stream));
    REQUIRE(outcomes.size() == 4);
    CHECK(std::ranges::count_if(outcomes, threw<std::runtime_error, int>) == 1);
  }
}

TASK_TEST_CASE("stream: return_exceptions keeps to the limit when tasks cannot be made") {
  TaskExecutor executor;
  int called = 0;
  const auto refuse = [&](int) -> Task<int> {
    ++called;
    return Task<int>{};
  };
  auto stream = executor.stream(mtaio::return_exceptions, refuse, numbers_to(20), {.limit = 3});
  CHECK(threw<std::logic_error>(*co_await stream.next()));
  co_await test::let_others_run();
  CHECK(called == 4);
  CHECK((co_await all_of(std::move(stream))).size() == 19);
}

TASK_TEST_CASE("stream: counts progress") {
  TaskExecutor executor;
  mtaio::Progress progress;
  const auto outcomes = co_await all_of(executor.stream(mtaio::return_exceptions, fail_at_two,
                                                        numbers_to(5), {.progress = &progress}));
  CHECK(outcomes.size() == 5);
  CHECK(progress.total() == 5);
  CHECK(progress.done() == 5);
  CHECK(progress.failed() == 1);
}

TASK_TEST_CASE("stream: every result comes once, on several workers", 4) {
  TaskExecutor executor;
  const auto sometimes_wait = [](int number) -> Task<int> {
    if (number % 3 == 0) co_await mtaio::sleep(0s);
    co_return number;
  };
  for (const bool ordered : {true, false}) {
    auto first =
        executor.stream(sometimes_wait, numbers_to(20'000), {.limit = 16, .ordered = ordered});
    auto second = executor.stream(sometimes_wait, first, {.limit = 5, .ordered = ordered});
    auto results = co_await all_of(std::move(second));
    if (!ordered) std::ranges::sort(results);
    CHECK(std::ranges::equal(results, numbers_to(20'000)));
  }
}

TASK_TEST_CASE("stream: may be moved between two results") {
  TaskExecutor executor;
  auto results = executor.stream(twice, numbers_to(2));
  CHECK(co_await results.next() == 2);
  auto moved = std::move(results);
  CHECK(co_await moved.next() == 4);
  // NOLINTNEXTLINE(bugprone-use-after-move)
  CHECK(test::throws<std::logic_error>([&] { (void)results.next(); }));
}

}  // namespace

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
