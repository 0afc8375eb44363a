/// A caller that is asked to stop gets `CancelledError` after its children have stopped.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::Counts;
using test::outcome_of;
using test::threw;
using test::wait_until_stopped;

namespace {

/// Each way to have children, as the body of a task. Notes how many had ended when the cancellation
/// arrived.
using Way = mtaio::Task<void> (*)(mtaio::TaskExecutor&, Counts&);

mtaio::Task<void> by_run(mtaio::TaskExecutor& executor, Counts& counts) {
  co_await executor.run(wait_until_stopped(counts));
}
mtaio::Task<void> by_timed_run(mtaio::TaskExecutor& executor, Counts& counts) {
  co_await executor.run(wait_until_stopped(counts), {.timeout = 1h});
}
mtaio::Task<void> by_gather(mtaio::TaskExecutor& executor, Counts& counts) {
  auto tasks = test::many(5, [&](int) { return wait_until_stopped(counts); });
  co_await executor.gather(std::move(tasks), {.limit = 3});
}
mtaio::Task<void> by_gather_of_several(mtaio::TaskExecutor& executor, Counts& counts) {
  co_await executor.gather(wait_until_stopped(counts), wait_until_stopped(counts));
}
mtaio::Task<void> by_gather_of_outcomes(mtaio::TaskExecutor& executor, Counts& counts) {
  co_await executor.gather(mtaio::return_exceptions, mtaio::GatherOptions{.task_timeout = 1h},
                           wait_until_stopped(counts), wait_until_stopped(counts));
}
mtaio::Task<void> by_map(mtaio::TaskExecutor& executor, Counts& counts) {
  const auto wait = [&counts](int) { return wait_until_stopped(counts); };
  co_await executor.map(wait, std::views::iota(0), {.limit = 3});
}
mtaio::Task<void> by_map_of_outcomes(mtaio::TaskExecutor& executor, Counts& counts) {
  const auto wait = [&counts](int) { return wait_until_stopped(counts); };
  co_await executor.map(mtaio::return_exceptions, wait, std::views::iota(0), {.limit = 3});
}
mtaio::Task<void> by_plain_map(mtaio::TaskExecutor& executor, Counts& counts) {
  const auto wait = [&counts](mtaio::StopToken stop, int) {
    ++counts.started;
    while (!stop.stop_requested()) std::this_thread::yield();
    ++counts.ended;
    throw mtaio::CancelledError{};
  };
  co_await executor.map(wait, std::views::iota(0), {.limit = 2});
}

mtaio::Task<bool> ends_in_order(Way way, mtaio::TaskExecutor& executor, Counts& counts) {
  const auto outcome = co_await outcome_of(way(executor, counts));
  co_return threw<mtaio::CancelledError>(outcome) && counts.started == counts.ended;
}

void check_every_way(mtaio::Task<void> (*test)(Way)) {
  const Way ways[] = {
      by_run, by_timed_run,       by_gather,   by_gather_of_several, by_gather_of_outcomes,
      by_map, by_map_of_outcomes, by_plain_map};
  for (const Way way : ways) {
    for (const std::size_t threads : {1U, 2U}) {
      CAPTURE(threads);
      mtaio::run(test(way), {.threads = threads});
    }
  }
}

TEST_CASE(
    "cancellation: request_stop() of a caller arrives as CancelledError, after its children have "
    "stopped") {
  check_every_way([](Way way) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    auto handle = executor.create_task(ends_in_order(way, executor, counts));
    while (counts.started == 0) co_await mtaio::sleep(0s);

    handle.request_stop();
    const bool in_order = co_await handle;

    CHECK(in_order);
  });
}

TEST_CASE(
    "cancellation: a timeout further up arrives as CancelledError, after the children have "
    "stopped") {
  check_every_way([](Way way) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    bool in_order = false;
    const auto keep = [](mtaio::Task<bool> task, bool& result) -> mtaio::Task<void> {
      result = co_await std::move(task);
    };

    const auto outcome = co_await outcome_of(
        executor.run(keep(ends_in_order(way, executor, counts), in_order), {.timeout = 1ms}));

    CHECK(in_order);
    CHECK(counts.started == counts.ended);
  });
}

TEST_CASE(
    "cancellation: a caller that was asked to stop before is cancelled at the first wait of its "
    "children") {
  check_every_way([](Way way) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    auto handle = executor.create_task(ends_in_order(way, executor, counts));

    handle.request_stop();
    const bool in_order = co_await handle;

    CHECK(in_order);
  });
}

TEST_CASE("cancellation: from another thread arrives too") {
  check_every_way([](Way way) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    std::stop_source source;
    std::thread stopper{[&] {
      while (counts.started == 0) std::this_thread::yield();
      source.request_stop();
    }};

    const bool in_order =
        co_await mtaio::with_stop_token(source.get_token(), ends_in_order(way, executor, counts));
    stopper.join();

    CHECK(in_order);
  });
}

TASK_TEST_CASE(
    "cancellation: the failure of a sibling arrives as CancelledError in the others, not wrapped") {
  mtaio::TaskExecutor executor;
  Counts counts;
  bool in_order = false;
  const auto keep = [](mtaio::Task<bool> task, bool& result) -> mtaio::Task<void> {
    result = co_await std::move(task);
  };
  const auto fail = []() -> mtaio::Task<void> {
    co_await mtaio::sleep(0s);
    throw std::runtime_error{"sibling"};
  };

  const auto outcome = co_await outcome_of(
      executor.gather(keep(ends_in_order(by_gather, executor, counts), in_order), fail()));

  CHECK(threw<mtaio::ExecutionError>(outcome));
  CHECK(in_order);
}

TASK_TEST_CASE("cancellation: a child sees its parent's stop token") {
  mtaio::TaskExecutor executor;
  const auto ask = []() -> mtaio::Task<bool> {
    const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
    co_return stop.stop_requested();
  };
  const auto ask_below = [](mtaio::TaskExecutor& of, auto question) -> mtaio::Task<int> {
    const bool run = co_await of.run(question());
    const auto [a, b] = co_await of.gather(question(), question());
    co_return static_cast<int>(run) + static_cast<int>(a) + static_cast<int>(b);
  };
  auto not_stopped = executor.create_task(ask_below(executor, ask));
  const int without = co_await not_stopped;
  auto stopped = executor.create_task(outcome_of(ask_below(executor, ask)));
  stopped.request_stop();
  const auto with = co_await stopped;

  CHECK(without == 0);
  // What can finish without waiting finishes.
  CHECK((threw<mtaio::CancelledError>(with) || with.value() == 3));
}

TASK_TEST_CASE("cancellation: catch (const std::exception&) lets CancelledError through") {
  mtaio::TaskExecutor executor;
  bool caught = false;
  const auto careless = [](bool& swallowed) -> mtaio::Task<void> {
    try {
      co_await mtaio::sleep(1h);
    } catch (const std::exception&) {
      swallowed = true;
    }
  };
  auto handle = executor.create_task(careless(caught));
  co_await mtaio::sleep(0s);
  handle.request_stop();

  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(threw<mtaio::CancelledError>(outcome));
  CHECK_FALSE(caught);
}

}  // namespace
