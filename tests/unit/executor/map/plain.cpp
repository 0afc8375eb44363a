/// `map` with a plain function: it runs in the thread pool.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <latch>
#include <mutex>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::message_of;
using test::outcome_of;
using test::threw;

namespace {

int square(int number) { return number * number; }

TASK_TEST_CASE("map: a plain function runs in the thread pool, and its results come in order") {
  mtaio::TaskExecutor executor;
  const std::thread::id here = std::this_thread::get_id();
  std::atomic<int> elsewhere{0};
  const auto count = [&](int number) {
    if (std::this_thread::get_id() != here) ++elsewhere;
    return number;
  };

  const std::vector<int> squares = co_await executor.map(square, std::views::iota(0, 5));
  const std::vector<int> counted = co_await executor.map(count, std::views::iota(0, 5));

  CHECK(squares == std::vector{0, 1, 4, 9, 16});
  CHECK(counted.size() == 5);
  CHECK(elsewhere == 5);
}

TASK_TEST_CASE("map: plain functions run at the same time, as many as the limit says") {
  mtaio::TaskExecutor executor;
  std::latch all_there{4};
  const auto meet = [&](int) { all_there.arrive_and_wait(); };

  static_assert(
      std::is_void_v<mtaio::await_result_t<decltype(executor.map(meet, std::views::iota(0, 4)))>>);
  co_await executor.map(meet, std::views::iota(0, 4), {.limit = 4});
}

TASK_TEST_CASE("map: never more plain functions than the limit are under way") {
  mtaio::TaskExecutor executor;
  std::atomic<int> live{0};
  std::atomic<bool> too_many{false};
  const auto work = [&](int) {
    if (++live > 3) too_many = true;
    std::this_thread::yield();
    --live;
  };

  co_await executor.map(work, std::views::iota(0, 500), {.limit = 3});

  CHECK_FALSE(too_many);
  CHECK(live == 0);
}

TEST_CASE("map: plain functions run in the executor's own pool, if it has one") {
  mtaio::ThreadPool pool{1};
  const auto test = [](mtaio::ThreadPool& one_thread) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor{one_thread};
    std::mutex mutex;
    std::set<std::thread::id> threads;
    const auto note = [&](int) {
      const std::scoped_lock guard{mutex};
      threads.insert(std::this_thread::get_id());
    };

    co_await executor.map(note, std::views::iota(0, 20));

    CHECK(threads.size() == 1);
    CHECK_FALSE(threads.contains(std::this_thread::get_id()));
  };
  mtaio::run(test(pool), {.threads = 1});
}

TASK_TEST_CASE(
    "map: the exception of a plain function is the cause of an ExecutionError that names the "
    "element") {
  mtaio::TaskExecutor executor;
  const auto fail_at_3 = [](int number) {
    if (number == 3) throw std::runtime_error{"three"};
    return number;
  };

  const auto outcome =
      co_await outcome_of(executor.map(fail_at_3, std::views::iota(0, 10), {.limit = 1}));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 3);
  CHECK(std::string{error->what()} == "task 3 of 10 failed: three");
  CHECK(as<std::runtime_error>(error->cause()));
  CHECK(message_of(error->cause()) == "three");
}

TASK_TEST_CASE(
    "map: a plain function whose first parameter is a StopToken is told when to give up") {
  mtaio::TaskExecutor executor;
  std::atomic<int> started{0};
  std::atomic<int> gave_up{0};
  const auto work = [&](mtaio::StopToken stop, int number) {
    ++started;
    CHECK(stop.stop_possible());
    while (!stop.stop_requested()) std::this_thread::yield();
    ++gave_up;
    return number;
  };

  const auto outcome = co_await outcome_of(
      executor.map(work, std::views::iota(0, 10), {.limit = 3, .timeout = 20ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(gave_up == started);
  CHECK(started <= 3);
}

TASK_TEST_CASE("map: a failure tells the plain functions that run to give up") {
  mtaio::TaskExecutor executor;
  std::atomic<int> gave_up{0};
  std::latch both_run{2};
  const auto work = [&](mtaio::StopToken stop, int number) {
    both_run.arrive_and_wait();
    if (number == 1) throw std::runtime_error{"one"};
    while (!stop.stop_requested()) std::this_thread::yield();
    ++gave_up;
  };

  const auto outcome =
      co_await outcome_of(executor.map(work, std::views::iota(0, 10), {.limit = 2}));

  CHECK(threw<mtaio::ExecutionError>(outcome));
  CHECK(gave_up == 1);
}

TASK_TEST_CASE(
    "map: a plain function gets the elements of a vector by reference, and copies of the elements "
    "that a view makes") {
  mtaio::TaskExecutor executor;
  std::vector<std::string> texts{"a", "b"};
  const auto append = [](std::string& text) { text += "!"; };
  const auto make = [](int i) { return std::string(100, static_cast<char>('a' + i)); };
  const auto length = [](const std::string& text) { return text.size(); };

  co_await executor.map(append, texts);
  const auto lengths =
      co_await executor.map(length, std::views::iota(0, 20) | std::views::transform(make));

  CHECK(texts == std::vector<std::string>{"a!", "b!"});
  CHECK(lengths == std::vector<std::size_t>(20, 100));
}

TEST_CASE("map: a task_timeout of plain functions does not count the time that they are queued") {
  mtaio::ThreadPool pool{1};
  const auto test = [](mtaio::ThreadPool& one_thread) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor{one_thread};
    const auto work = [](mtaio::StopToken stop, int number) {
      std::this_thread::sleep_for(20ms);
      if (stop.stop_requested()) throw mtaio::CancelledError{};
      return number;
    };

    // The last one waits 300 ms for the thread.
    const auto outcomes = co_await executor.map(mtaio::return_exceptions, work,
                                                std::views::iota(0, 16), {.task_timeout = 200ms});

    int good = 0;
    for (const auto& outcome : outcomes) good += outcome.has_value() ? 1 : 0;
    CHECK(good == 16);
  };
  mtaio::run(test(pool), {.threads = 1});
}

TASK_TEST_CASE(
    "map: a plain function that notices its task_timeout times out, and another has a result") {
  mtaio::TaskExecutor executor;
  const auto work = [](mtaio::StopToken stop, int kind) {
    if (kind == 0) {
      std::this_thread::sleep_for(30ms);  // and does not look
      return kind;
    }
    if (kind == 1) {
      while (!stop.stop_requested()) std::this_thread::yield();
      throw mtaio::CancelledError{};
    }
    std::latch told{1};
    const mtaio::StopCallback callback{stop, [&told] { told.count_down(); }};
    told.wait();
    throw std::runtime_error{"disk full"};
  };

  const auto outcomes = co_await executor.map(mtaio::return_exceptions, work,
                                              std::views::iota(0, 3), {.task_timeout = 10ms});

  CHECK(outcomes.at(0).has_value());
  CHECK(test::threw<mtaio::TimeoutError>(outcomes.at(1)));
  REQUIRE(test::threw<mtaio::TimeoutError>(outcomes.at(2)));
  CHECK(test::message_of(outcomes.at(2).error()).ends_with("; while stopping: disk full"));
}

TASK_TEST_CASE("map: a task_timeout of zero calls no plain function") {
  mtaio::TaskExecutor executor;
  std::atomic<int> called{0};
  const auto work = [&called](int) { ++called; };

  const auto outcomes = co_await executor.map(mtaio::return_exceptions, work,
                                              std::views::iota(0, 3), {.task_timeout = 0s});

  for (const auto& outcome : outcomes) CHECK(test::threw<mtaio::TimeoutError>(outcome));
  CHECK(called == 0);
}

TEST_CASE(
    "map: a stop request takes a plain function with a task_timeout back while it is queued") {
  mtaio::ThreadPool pool{1};
  const auto test = [](mtaio::ThreadPool& one_thread) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor{one_thread};
    std::latch running{1};
    std::atomic<int> called{0};
    const auto work = [&](mtaio::StopToken stop, int) {
      ++called;
      running.count_down();
      while (!stop.stop_requested()) std::this_thread::yield();
      throw mtaio::CancelledError{};
    };
    const auto map = [](mtaio::TaskExecutor& of, auto function) -> mtaio::Task<void> {
      co_await of.map(function, std::views::iota(0, 2), {.task_timeout = 1h});
    };
    auto handle = executor.create_task(map(executor, std::ref(work)));
    co_await mtaio::sleep(0s);
    running.wait();

    handle.request_stop();
    const auto outcome = co_await test::outcome_of(std::move(handle));

    CHECK(test::threw<mtaio::CancelledError>(outcome));
    CHECK(called == 1);
  };
  mtaio::run(test(pool), {.threads = 1});
}

/// Notes what it is told of each function.
class NotingPool final : public mtaio::lowlevel::BlockingPool {
 public:
  void submit(mtaio::lowlevel::BlockingJob& job) override {
    at_once.push_back(job.limit());
    job.run();
  }
  bool withdraw(mtaio::lowlevel::BlockingJob&) noexcept override { return false; }

  std::vector<std::size_t> at_once;
};

std::vector<std::size_t> told_with(mtaio::MapOptions options) {
  NotingPool pool;
  const auto test = [](NotingPool& of, mtaio::MapOptions with) -> mtaio::Task<void> {
    using Numbers = std::ranges::iota_view<int, int>;
    using Children = mtaio::internal::MappedChildren<int (*)(int), Numbers>;
    const mtaio::internal::SpawnedTasks tasks;
    co_await mtaio::internal::RangeOperation<mtaio::MapOptions, Children, false>{
        Children{[](int i) { return i; },
                 mtaio::internal::ElementSource<Numbers>{std::views::iota(0, 2)}, &of},
        with, tasks};
  };
  mtaio::run(test(pool, options), {.threads = 1});
  return pool.at_once;
}

TEST_CASE("map: the pool is told how many plain functions are to run concurrently") {
  CHECK(told_with({}) == std::vector<std::size_t>{0, 0});
  CHECK(told_with({.limit = 7}) == std::vector<std::size_t>{7, 7});
  CHECK(told_with({.limit = 7, .task_timeout = 1h}) == std::vector<std::size_t>{7, 7});
}

mtaio::Task<std::vector<int>> block_all(std::latch& all_there, int count) {
  mtaio::TaskExecutor executor;
  const auto block = [&all_there](int i) {
    all_there.arrive_and_wait();
    return i;
  };
  co_return co_await executor.map(block, std::views::iota(0, count),
                                  {.limit = count, .task_timeout = 1h});
}

TEST_CASE("map: with a limit above 64 that many functions each have a thread of the pool") {
  constexpr int kAtOnce = 200;
  std::latch all_there{kAtOnce};
  const auto results = mtaio::run(block_all(all_there, kAtOnce), {.threads = 1});
  CHECK(results.size() == kAtOnce);
}

}  // namespace
