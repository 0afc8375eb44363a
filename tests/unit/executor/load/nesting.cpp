/// Depth costs memory, never stack.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::outcome_of;
using test::threw;
using test::with_threads;

namespace {

constexpr int kDepth = 10'000;

mtaio::Task<int> count_down(mtaio::TaskExecutor& executor, int depth) {
  if (depth == 0) co_return 0;
  const auto [below] = co_await executor.gather(count_down(executor, depth - 1));
  co_return below + 1;
}

mtaio::Task<int> give_one() { co_return 1; }

/// In each gather, a child is left to start while the others go deeper.
mtaio::Task<int> count_leaves(mtaio::TaskExecutor& executor, int depth) {
  if (depth == 0) co_return 0;
  const auto [below, leaf] =
      co_await executor.gather(count_leaves(executor, depth - 1), give_one());
  co_return below + leaf;
}

mtaio::Task<void> wait_below(mtaio::TaskExecutor& executor, int depth, mtaio::Latch& at_the_bottom,
                             int& unwound) {
  try {
    if (depth == 0) {
      at_the_bottom.count_down();
      co_await mtaio::sleep(1h);
    } else {
      co_await executor.gather(wait_below(executor, depth - 1, at_the_bottom, unwound));
    }
  } catch (const mtaio::CancelledError&) {
    ++unwound;
    throw;
  }
}

mtaio::Task<void> cancel_below(mtaio::TaskExecutor& executor, int depth) {
  if (depth == 0) throw mtaio::CancelledError{};
  co_await executor.gather(cancel_below(executor, depth - 1));
}

mtaio::Task<void> fail_below(mtaio::TaskExecutor& executor, int depth) {
  if (depth == 0) throw std::runtime_error{"at the bottom"};
  co_await executor.gather(fail_below(executor, depth - 1));
}

mtaio::Task<int> run_below(mtaio::TaskExecutor& executor, int depth) {
  if (depth == 0) co_return 0;
  const int below = co_await executor.run(run_below(executor, depth - 1), {.timeout = 1h});
  co_return below + 1;
}

mtaio::Task<void> create_below(mtaio::TaskExecutor& executor, int depth, int& ended) {
  if (depth > 0) {
    auto handle = executor.create_task(create_below(executor, depth - 1, ended));
    co_await handle;
  }
  ++ended;
}

mtaio::Task<int> await_below(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await await_below(depth - 1);
}

TEST_CASE("nesting: gathers 10,000 deep give their result") {
  for (const std::size_t threads : {1U, 2U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      const int depth = co_await count_down(executor, kDepth);
      CHECK(depth == kDepth);
    });
  }
}

TEST_CASE("nesting: more gathers with a child left to start than a worker keeps lose none") {
  for (const std::size_t threads : {1U, 2U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      const int leaves = co_await count_leaves(executor, kDepth);
      CHECK(leaves == kDepth);
    });
  }
}

TEST_CASE("nesting: gathers 10,000 deep that are cancelled at the top unwind from the bottom") {
  for (const std::size_t threads : {1U, 2U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      mtaio::Latch at_the_bottom{1};
      int unwound = 0;
      auto handle = executor.create_task(wait_below(executor, kDepth, at_the_bottom, unwound));
      co_await at_the_bottom.wait();

      handle.request_stop();
      const auto outcome = co_await outcome_of(std::move(handle));

      CHECK(threw<mtaio::CancelledError>(outcome));
      CHECK(unwound == kDepth + 1);
    });
  }
}

TASK_TEST_CASE(
    "nesting: in gathers 10,000 deep a CancelledError without a stop request fails all of them",
    1) {
  mtaio::TaskExecutor executor;
  const auto outcome = co_await outcome_of(cancel_below(executor, kDepth));
  CHECK(threw<mtaio::ExecutionError>(outcome));
}

TASK_TEST_CASE(
    "nesting: a failure below 1,000 gathers arrives as ExecutionErrors around ExecutionErrors", 1) {
  mtaio::TaskExecutor executor;
  constexpr int kFailureDepth = 1'000;

  const auto outcome = co_await outcome_of(fail_below(executor, kFailureDepth));

  std::exception_ptr error = outcome.error();
  int depth = 0;
  while (const auto* wrapped = as<mtaio::ExecutionError>(error)) {
    error = wrapped->cause();
    ++depth;
  }
  CHECK(depth == kFailureDepth);
  CHECK(test::message_of(error) == "at the bottom");
}

TASK_TEST_CASE("nesting: a failure below 10,000 gathers uses neither the stack nor the memory up",
               1) {
  mtaio::TaskExecutor executor;
  const auto outcome = co_await outcome_of(fail_below(executor, kDepth));
  CHECK(threw<mtaio::ExecutionError>(outcome));
}

TASK_TEST_CASE("nesting: runs with timeouts 10,000 deep give their result", 1) {
  mtaio::TaskExecutor executor;
  const int depth = co_await run_below(executor, kDepth);
  CHECK(depth == kDepth);
}

TASK_TEST_CASE("nesting: a timeout at the top of gathers 10,000 deep reaches the bottom", 1) {
  mtaio::TaskExecutor executor;
  mtaio::Latch at_the_bottom{1};
  int unwound = 0;

  const auto outcome = co_await outcome_of(
      executor.run(wait_below(executor, kDepth, at_the_bottom, unwound), {.timeout = 100ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(unwound > 0);
}

TASK_TEST_CASE("nesting: created tasks that await each other 10,000 deep all end", 2) {
  mtaio::TaskExecutor executor;
  int ended = 0;
  co_await create_below(executor, kDepth, ended);
  CHECK(ended == kDepth + 1);
}

TASK_TEST_CASE(
    "nesting: a chain of a hundred thousand tasks, each awaiting the handle of the one before, "
    "ends",
    2) {
  mtaio::TaskExecutor executor;
  const auto next = [](mtaio::TaskHandle<int> before) -> mtaio::Task<int> {
    const int result = co_await before;
    co_return result + 1;
  };
  auto last = executor.create_task(await_below(0));
  for (int i = 0; i < 100'000; ++i) last = executor.create_task(next(std::move(last)));
  const int result = co_await last;
  CHECK(result == 100'000);
}

TASK_TEST_CASE(
    "nesting: tasks await each other 100,000 deep, and one after the other a million times", 1) {
  const int depth = co_await await_below(100'000);
  CHECK(depth == 100'000);
  int sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += co_await await_below(0);
  CHECK(sum == 0);
}

TASK_TEST_CASE(
    "nesting: a hundred thousand runs and gathers one after the other do not grow the stack", 1) {
  mtaio::TaskExecutor executor;
  int sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    sum += co_await executor.run(await_below(1));
    const auto [one] = co_await executor.gather(await_below(1));
    sum += one;
  }
  CHECK(sum == 200'000);
}

TASK_TEST_CASE(
    "nesting: a map over a hundred thousand elements that never wait does not grow the stack", 1) {
  mtaio::TaskExecutor executor;
  const auto one_below = [](int) { return await_below(1); };
  for (const int limit : {1, 2, 1'000'000}) {
    const auto results =
        co_await executor.map(one_below, std::views::iota(0, 100'000), {.limit = limit});
    CHECK(results.size() == 100'000);
  }
}

}  // namespace
