/// `map` pulls from the range one element at a time, only when a task may start.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::outcome_of;
using test::threw;

namespace {

/// Counts from 0, for ever or up to an end, like a generator: single-pass, move-only, and it notes
/// every step.
class Numbers : public std::ranges::view_interface<Numbers> {
 public:
  class Iterator {
   public:
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Numbers& of) : numbers_{&of} {}
    Iterator(Iterator&&) = default;
    Iterator& operator=(Iterator&&) = default;
    Iterator(const Iterator&) = delete;
    Iterator& operator=(const Iterator&) = delete;
    ~Iterator() = default;
    int operator*() const { return numbers_->current_; }
    Iterator& operator++() {
      numbers_->step();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return numbers_->current_ == numbers_->end_; }

   private:
    Numbers* numbers_;
  };

  explicit Numbers(std::atomic<int>& pulled, int end = -1) : pulled_{&pulled}, end_{end} {}
  Numbers(Numbers&&) = default;
  Numbers& operator=(Numbers&&) = default;
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;
  ~Numbers() = default;

  Iterator begin() {
    step();
    return Iterator{*this};
  }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

 private:
  void step() {
    ++current_;
    ++*pulled_;
  }

  std::atomic<int>* pulled_;
  int current_ = -1;
  int end_;
};
static_assert(std::ranges::input_range<Numbers> && !std::ranges::forward_range<Numbers>);

TASK_TEST_CASE("map: reads a single-pass range") {
  mtaio::TaskExecutor executor;
  std::istringstream text{"3 1 4 1 5"};
  auto lvalue = std::views::istream<int>(text);
  std::atomic<int> pulled{0};
  const auto later = [](int number) -> mtaio::Task<int> {
    co_await mtaio::sleep(0s);
    co_return number;
  };
  const auto plain = [](int number) { return number; };

  const auto from_stream = co_await executor.map(later, lvalue, {.limit = 2});
  const auto from_generator = co_await executor.map(later, Numbers{pulled, 4});
  const auto in_threads = co_await executor.map(plain, Numbers{pulled, 4});

  CHECK(from_stream == std::vector{3, 1, 4, 1, 5});
  CHECK(from_generator == std::vector{0, 1, 2, 3});
  CHECK(in_threads == std::vector{0, 1, 2, 3});
}

TASK_TEST_CASE("map: an element is pulled only when a task may start") {
  mtaio::TaskExecutor executor;
  std::atomic<int> pulled{0};
  int done = 0;
  int furthest = 0;
  const auto work = [](std::atomic<int>& taken, int& ended, int& most,
                       int number) -> mtaio::Task<void> {
    for (int i = 0; i < number % 3; ++i) co_await mtaio::sleep(0s);
    most = std::max(most, taken - ended);
    ++ended;
  };
  const auto with_counts = [&](int number) { return work(pulled, done, furthest, number); };

  co_await executor.map(with_counts, Numbers{pulled, 1'000}, {.limit = 5});

  CHECK(done == 1'000);
  CHECK(furthest <= 5);
}

TASK_TEST_CASE("map: nothing is pulled before the call is awaited") {
  mtaio::TaskExecutor executor;
  std::atomic<int> pulled{0};
  const auto nap = [](int) { return mtaio::sleep(0s); };

  auto operation = executor.map(nap, Numbers{pulled, 3});
  const int before = pulled;
  co_await std::move(operation);

  CHECK(before == 0);
  CHECK(pulled == 4);  // three elements, and the end
}

TASK_TEST_CASE(
    "map: on several threads the range is walked by one at a time and not beyond the limit", 4) {
  mtaio::TaskExecutor executor;
  std::atomic<int> pulled{0};
  std::atomic<int> done{0};
  std::atomic<int> furthest{0};
  const auto work = [](std::atomic<int>& taken, std::atomic<int>& ended, std::atomic<int>& most,
                       int number) -> mtaio::Task<void> {
    const int ahead = taken - ended;
    int before = most;
    while (ahead > before && !most.compare_exchange_weak(before, ahead)) {
    }
    if (number % 7 == 0) co_await mtaio::sleep(0s);
    ++ended;
  };
  const auto with_counts = [&](int number) { return work(pulled, done, furthest, number); };

  co_await executor.map(with_counts, Numbers{pulled, 20'000}, {.limit = 8});

  CHECK(done == 20'000);
  // `taken - ended` is read in two steps, so a child that ends in between may make it look
  // larger, never smaller.
  CHECK(furthest <= 16);
}

TASK_TEST_CASE(
    "map: over an endless range ends with the timeout, and memory does not grow with it") {
  mtaio::TaskExecutor executor;
  std::atomic<int> pulled{0};
  int live = 0;
  int most = 0;
  const auto work = [](int& running, int& highest) -> mtaio::Task<void> {
    highest = std::max(highest, ++running);
    co_await mtaio::sleep(0s);
    --running;
  };
  const auto with_counts = [&](int) { return work(live, most); };

  const auto outcome = co_await outcome_of(
      executor.map(with_counts, Numbers{pulled}, {.limit = 4, .timeout = 20ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(pulled > 4);
  CHECK(most == 4);
}

TASK_TEST_CASE("map: over an endless range with tasks that never wait ends with the timeout too") {
  mtaio::TaskExecutor executor;
  const auto nothing = [](int) -> mtaio::Task<void> { co_return; };

  const auto limited =
      co_await outcome_of(executor.map(nothing, std::views::iota(0), {.limit = 4, .timeout = 5ms}));
  const auto unlimited =
      co_await outcome_of(executor.map(nothing, std::views::iota(0), {.timeout = 5ms}));
  const auto further_up = co_await outcome_of(
      executor.run(executor.map(nothing, std::views::iota(0)), {.timeout = 5ms}));

  CHECK(threw<mtaio::TimeoutError>(limited));
  CHECK(threw<mtaio::TimeoutError>(unlimited));
  CHECK(threw<mtaio::TimeoutError>(further_up));
}

TASK_TEST_CASE("map: over an endless range ends with the first failure") {
  mtaio::TaskExecutor executor;
  std::atomic<int> pulled{0};
  const auto fail_at_100 = [](int number) -> mtaio::Task<int> {
    co_await mtaio::sleep(0s);
    if (number == 100) throw std::runtime_error{"a hundred"};
    co_return number;
  };

  const auto outcome =
      co_await outcome_of(executor.map(fail_at_100, Numbers{pulled}, {.limit = 10}));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 100);
  CHECK(pulled <= 111);
}

TASK_TEST_CASE("map: an endless range does not keep other tasks on the same thread from running") {
  mtaio::TaskExecutor executor;
  const auto nothing = [](int) -> mtaio::Task<void> { co_return; };
  const auto stop_it = [](mtaio::TaskExecutor& of) -> mtaio::Task<void> {
    for (int i = 0; i < 10; ++i) co_await mtaio::sleep(0s);
    co_await of.cancel_all();
  };
  auto endless =
      executor.create_task([](mtaio::TaskExecutor& of, auto function) -> mtaio::Task<void> {
        co_await of.map(function, std::views::iota(0));
      }(executor, nothing));

  co_await stop_it(executor);

  CHECK(endless.done());
}

TASK_TEST_CASE(
    "map: a long range whose function only throws does not keep others on the same thread from "
    "running") {
  mtaio::TaskExecutor executor;
  int calls = 0;
  const auto throws = [&calls](int) {
    ++calls;
    if (calls > 0) throw std::runtime_error{"no task"};
    return mtaio::Task<void>{};
  };
  static constexpr int kMany = 10'000;
  auto long_call =
      executor.create_task([](mtaio::TaskExecutor& of, auto& function) -> mtaio::Task<void> {
        co_await of.map(mtaio::return_exceptions, function, std::views::iota(0, kMany));
      }(executor, throws));

  co_await mtaio::sleep(0s);
  co_await mtaio::sleep(0s);
  CHECK(calls > 0);
  CHECK(calls < kMany);

  co_await outcome_of(std::move(long_call));
  CHECK(calls == kMany);
}

}  // namespace
