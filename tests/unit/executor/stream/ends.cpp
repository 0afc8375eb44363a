/// `stream`: failures, stop requests, timeouts, and streams that are given up.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::AsyncQueue;
using mtaio::CancelledError;
using mtaio::ExecutionError;
using mtaio::Generator;
using mtaio::Latch;
using mtaio::Stream;
using mtaio::Task;
using mtaio::TaskExecutor;
using test::as;
using test::outcome_of;
using test::threw;

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): each closure outlives the
// stream that calls it

namespace {

auto numbers_to(int last) { return std::views::iota(1, last + 1); }

template <class T>
Task<std::optional<T>> next_of(Stream<T>& stream) {
  co_return co_await stream.next();
}

/// Tasks that wait until they are told to end, and count those that a stop request ended.
struct Tasks {
  int stopped = 0;
  int started = 0;
  std::vector<Latch*> latches{};

  Task<int> wait_for(Latch& latch, int number) {
    ++started;
    try {
      co_await latch.wait();
    } catch (const CancelledError&) {
      ++stopped;
      throw;
    }
    if (number == 3) throw std::runtime_error{"three"};
    co_return number;
  }
};

TASK_TEST_CASE("stream: in order, the results before a failure come first, and are waited for") {
  TaskExecutor executor;
  Tasks tasks;
  Latch first{1};
  Latch others{1};
  Latch never{1};
  const auto wait = [&](int number) {
    return tasks.wait_for(number == 1 ? first : number == 4 ? never : others, number);
  };
  auto results = executor.stream(wait, numbers_to(100), {.limit = 4});
  auto one = executor.create_task(next_of(results));
  co_await test::let_others_run();
  others.count_down();  // the third one fails while the first one runs
  co_await test::let_others_run();
  CHECK(tasks.stopped == 0);
  CHECK(tasks.started == 4);
  first.count_down();
  CHECK(co_await std::move(one) == 1);
  CHECK(co_await results.next() == 2);
  const auto failure = co_await outcome_of(results.next());
  REQUIRE(threw<ExecutionError>(failure));
  CHECK(as<ExecutionError>(failure.error())->index() == 2);
  CHECK(tasks.stopped == 1);  // the fourth one
  CHECK(tasks.started == 4);
  CHECK(co_await results.next() == std::nullopt);
}

TASK_TEST_CASE("stream: in order, a failure before another one is the cause") {
  TaskExecutor executor;
  Latch first{1};
  Latch second{1};
  const auto fail = [&](int number) -> Task<int> {
    co_await (number == 1 ? first : second).wait();
    throw std::runtime_error{number == 1 ? "one" : "two"};
  };
  auto results = executor.stream(fail, numbers_to(2));
  auto next = executor.create_task(next_of(results));
  co_await test::let_others_run();
  second.count_down();
  co_await test::let_others_run();
  first.count_down();
  const auto failure = co_await outcome_of(std::move(next));
  REQUIRE(threw<ExecutionError>(failure));
  const auto& error = *as<ExecutionError>(failure.error());
  CHECK(error.index() == 0);
  CHECK(test::message_of(error.cause()) == "one");
  CHECK(error.failures().size() == 2);
}

TASK_TEST_CASE("stream: not ordered, the results that came before the failure come first") {
  TaskExecutor executor;
  Tasks tasks;
  Latch second{1};
  Latch third{1};
  Latch never{1};
  const auto wait = [&](int number) {
    return tasks.wait_for(number == 2 ? second : number == 3 ? third : never, number);
  };
  auto results = executor.stream(wait, numbers_to(4), {.ordered = false});
  auto one = executor.create_task(next_of(results));
  co_await test::let_others_run();
  second.count_down();
  co_await test::let_others_run();
  third.count_down();
  CHECK(co_await std::move(one) == 2);
  CHECK(threw<ExecutionError>(co_await outcome_of(results.next())));
  CHECK(tasks.stopped == 2);
  CHECK(co_await results.next() == std::nullopt);
}

Generator<int> count_to_then_fail(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
  throw std::runtime_error{"the source is broken"};
}

TASK_TEST_CASE("stream: what the source throws is the failure after its last item") {
  TaskExecutor executor;
  auto results = executor.stream(test::give, count_to_then_fail(2), {.limit = 1});
  CHECK(co_await results.next() == 1);
  CHECK(co_await results.next() == 2);
  const auto failure = co_await outcome_of(results.next());
  REQUIRE(threw<ExecutionError>(failure));
  CHECK(as<ExecutionError>(failure.error())->index() == 2);
}

TASK_TEST_CASE("stream: a stage that fails ends the stages after it") {
  TaskExecutor executor;
  auto first = executor.stream(test::give, count_to_then_fail(3), {.limit = 2});
  auto second = executor.stream(test::give, first, {.limit = 2});
  const auto failure = co_await outcome_of(executor.map(test::give, second, {.limit = 2}));
  REQUIRE(threw<ExecutionError>(failure));
  CHECK(as<ExecutionError>(failure.error())->index() == 3);
}

TASK_TEST_CASE("stream: a stop request while it waits for a result loses none") {
  TaskExecutor executor;
  Latch latch{1};
  const auto wait = [&](int number) -> Task<int> {
    co_await latch.wait();
    co_return number;
  };
  auto results = executor.stream(wait, numbers_to(2));
  auto next = executor.create_task(next_of(results));
  co_await test::let_others_run();
  next.request_stop();
  CHECK(threw<CancelledError>(co_await outcome_of(std::move(next))));
  latch.count_down();
  CHECK(co_await results.next() == 1);
  CHECK(co_await results.next() == 2);
  CHECK(co_await results.next() == std::nullopt);
}

TASK_TEST_CASE("stream: a stop request at any moment loses no result", 4) {
  TaskExecutor executor;
  for (int round = 0; round < 200; ++round) {
    auto results = executor.stream(test::give, numbers_to(20), {.limit = 3});
    int expected = 1;
    while (expected <= 20) {
      auto next = executor.create_task(next_of(results));
      if (round % 2 == 0) co_await mtaio::sleep(0s);
      next.request_stop();
      const auto outcome = co_await outcome_of(std::move(next));
      if (outcome) {
        CHECK(*outcome == expected);
        ++expected;
      } else {
        CHECK(threw<CancelledError>(outcome));
        CHECK(co_await results.next() == expected);
        ++expected;
      }
    }
    CHECK(co_await results.next() == std::nullopt);
  }
}

TASK_TEST_CASE("stream: close stops the tasks, waits for them, and ends the stream") {
  TaskExecutor executor;
  Tasks tasks;
  Latch never{1};
  const auto wait = [&](int number) { return tasks.wait_for(never, number); };
  auto results = executor.stream(wait, numbers_to(100), {.limit = 3});
  auto next = executor.create_task(next_of(results));
  co_await test::let_others_run();
  next.request_stop();
  CHECK(threw<CancelledError>(co_await outcome_of(std::move(next))));
  co_await results.close();
  CHECK(tasks.started == 3);
  CHECK(tasks.stopped == 3);
  CHECK(co_await results.next() == std::nullopt);
  co_await results.close();

  auto never_asked = executor.stream(wait, numbers_to(100));
  co_await never_asked.close();
  CHECK(co_await never_asked.next() == std::nullopt);
  CHECK(tasks.started == 3);
}

TASK_TEST_CASE("stream: close drops the results that were not taken") {
  TaskExecutor executor;
  auto results = executor.stream(test::give, std::views::iota(1), {.limit = 3});
  CHECK(co_await results.next() == 1);
  co_await test::let_others_run();
  co_await results.close();
  CHECK(co_await results.next() == std::nullopt);
}

TASK_TEST_CASE("stream: destroyed, it stops the tasks and waits for them") {
  TaskExecutor executor;
  Tasks tasks;
  Latch never{1};
  Latch now{0};
  {
    const auto wait = [&](int number) { return tasks.wait_for(number == 1 ? now : never, number); };
    auto results = executor.stream(wait, numbers_to(100), {.limit = 3});
    CHECK(co_await results.next() == 1);
    co_await test::let_others_run();
  }
  CHECK(tasks.started == 4);
  CHECK(tasks.stopped == 3);
}

TASK_TEST_CASE("stream: destroyed while every place holds a result, it ends") {
  TaskExecutor executor;
  for (const bool ordered : {true, false}) {
    auto results =
        executor.stream(test::give, std::views::iota(1), {.limit = 2, .ordered = ordered});
    CHECK(co_await results.next() == 1);
    co_await test::let_others_run();
  }
}

TASK_TEST_CASE("stream: a source that waits is stopped with it, and loses no item") {
  TaskExecutor executor;
  AsyncQueue<int> queue;
  co_await queue.put(1);
  {
    auto results = executor.stream(test::give, queue);
    CHECK(co_await results.next() == 1);
    co_await test::let_others_run();
  }
  co_await queue.put(2);
  CHECK(co_await queue.get() == 2);
}

TASK_TEST_CASE("stream: a timeout stops the tasks; the results before it come first") {
  TaskExecutor executor;
  const auto quick_once = [](int number) -> Task<int> {
    co_await mtaio::sleep(number == 1 ? mtaio::Timeout{0s} : mtaio::Timeout{1h});
    co_return number;
  };
  auto results = executor.stream(quick_once, numbers_to(5), {.timeout = 20ms});
  CHECK(co_await results.next() == 1);
  CHECK(threw<mtaio::TimeoutError>(co_await outcome_of(results.next())));
  CHECK(co_await results.next() == std::nullopt);

  auto late = executor.stream(quick_once, numbers_to(5), {.timeout = 0s});
  CHECK(threw<mtaio::TimeoutError>(co_await outcome_of(late.next())));
}

TASK_TEST_CASE("stream: a timeout passes while every place holds a result") {
  TaskExecutor executor;
  auto results = executor.stream(test::give, std::views::iota(1), {.limit = 2, .timeout = 10ms});
  CHECK(co_await results.next() == 1);
  co_await mtaio::sleep(30ms);
  CHECK(co_await results.next() == 2);
  CHECK(co_await results.next() == 3);
  CHECK(threw<mtaio::TimeoutError>(co_await outcome_of(results.next())));
}

TASK_TEST_CASE("stream: task_timeout is the failure of a task") {
  TaskExecutor executor;
  const auto wait = [](int) -> Task<void> { co_await mtaio::sleep(1h); };
  auto results = executor.stream(wait, numbers_to(1), {.task_timeout = 1ms});
  const auto failure = co_await outcome_of(results.next());
  REQUIRE(threw<ExecutionError>(failure));
  CHECK(as<mtaio::TimeoutError>(as<ExecutionError>(failure.error())->cause()) != nullptr);
}

TASK_TEST_CASE("stream: a closed executor gives none") {
  TaskExecutor executor;
  co_await executor.close();
  CHECK(test::throws<std::logic_error>([&] { (void)executor.stream(test::give, numbers_to(1)); }));
}

TEST_CASE("stream: its tasks end when the run ends") {
  int stopped = 0;
  std::optional<Stream<std::monostate>> kept;
  TaskExecutor executor;
  const auto wait = [&](int number) -> Task<void> {
    if (number == 1) co_return;
    try {
      co_await mtaio::sleep(1h);
    } catch (const CancelledError&) {
      ++stopped;
      throw;
    }
  };
  const auto keep_one = [&]() -> Task<void> {
    kept.emplace(executor.stream(wait, numbers_to(3), {.limit = 2}));
    (void)co_await kept->next();
    co_await test::let_others_run();
  };
  mtaio::run(keep_one(), test::with_workers());
  CHECK(stopped == 2);
}

TEST_CASE(
    "stream: not ordered, a result that comes after a stop request is given at a normal end") {
  std::optional<Stream<int>> kept;
  TaskExecutor executor;
  std::atomic<bool> runs{false};
  std::atomic<bool> stopped{false};
  const std::vector<int> numbers{1, 2};
  const auto return_late = [&](int number) {
    if (number == 2) {
      runs = true;
      while (!stopped) std::this_thread::yield();
    }
    return number;
  };
  const auto note_stop = [&]() -> Task<void> {
    try {
      co_await mtaio::sleep(1h);
    } catch (const CancelledError&) {
      stopped = true;
      throw;
    }
  };
  const auto take_one = [&]() -> Task<void> {
    kept.emplace(executor.stream(return_late, numbers, {.ordered = false}));
    CHECK(co_await kept->next() == 1);
    while (!runs) co_await mtaio::sleep(0s);
    (void)executor.create_task(note_stop());
    co_await test::let_others_run();
  };
  const auto take_rest = [&]() -> Task<void> {
    CHECK(co_await kept->next() == 2);
    CHECK(co_await kept->next() == std::nullopt);
  };
  mtaio::run(take_one(), test::with_workers());
  mtaio::run(take_rest(), test::with_workers());
}

TASK_TEST_CASE("stream: in order, of failures at the same time the first element's is the cause",
               4) {
  TaskExecutor executor;
  for (int round = 0; round < 2000; ++round) {
    Latch latch{1};
    const auto fail = [&](int) -> Task<void> {
      co_await latch.wait();
      throw std::runtime_error{"at once"};
    };
    auto results = executor.stream(fail, numbers_to(8));
    auto next = executor.create_task(next_of(results));
    co_await mtaio::sleep(0s);
    latch.count_down();
    const auto failure = co_await outcome_of(std::move(next));
    REQUIRE(threw<ExecutionError>(failure));
    CHECK(as<ExecutionError>(failure.error())->index() == 0);
  }
}

}  // namespace

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
