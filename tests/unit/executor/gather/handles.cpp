/// Tasks that were created before they are gathered: gather leaves none of them running.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/sanitized.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::as;
using test::Counts;
using test::message_of;
using test::outcome_of;
using test::set;
using test::threw;
using test::wait_until_stopped;

namespace {

using Handles = std::vector<mtaio::TaskHandle<void>>;

mtaio::Task<int> give(int value) {
  co_await mtaio::sleep(1ms);
  co_return value;
}
mtaio::Task<void> fail_after(mtaio::Timeout time) {
  co_await mtaio::sleep(time);
  throw std::runtime_error{"disk full"};
}

/// Three that wait until they are stopped, and, in front, one that fails.
Handles one_fails(mtaio::TaskExecutor& executor, Counts& counts, mtaio::Timeout time) {
  Handles handles;
  handles.push_back(executor.create_task(fail_after(time)));
  for (int i = 0; i < 3; ++i) handles.push_back(executor.create_task(wait_until_stopped(counts)));
  return handles;
}
/// Knows nothing of stop requests. What waits for it is resumed by others.
struct Door {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { waiting = awaiting; }
  void await_resume() const noexcept {}
  std::coroutine_handle<> waiting;
};
bool all_done(const Handles& handles) {
  return std::ranges::all_of(handles, [](const auto& handle) { return handle.done(); });
}

/// Runs in virtual time, in order and with some seeds.
void simulate(mtaio::Task<void> (*test)()) {
  Simulation in_order;
  in_order.run(test());
  CHECK(in_order.elapsed() < 1min);  // nothing has waited to its end
  for (std::uint64_t seed = 1; seed < 50; ++seed) {
    CAPTURE(seed);
    Simulation simulation{{.seed = seed}};
    simulation.run(test());
    CHECK(simulation.elapsed() < 1min);
  }
}

TEST_CASE("gather of handles: gives their results, also of tasks that have ended") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    std::vector<mtaio::TaskHandle<int>> handles;
    for (int i = 0; i < 3; ++i) handles.push_back(executor.create_task(give(i)));
    while (!handles.front().done()) co_await mtaio::sleep(1ms);
    auto last = executor.create_task(give(3));
    const std::vector<int> results = co_await executor.gather(handles);
    const auto [other, of_last] = co_await executor.gather(give(2), last);
    CHECK(results == std::vector{0, 1, 2});
    CHECK(other == 2);
    CHECK(of_last == 3);
  });
}

TEST_CASE("gather of handles: when one fails, the others are stopped and waited for") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    Handles handles = one_fails(executor, counts, 10ms);
    const auto outcome = co_await outcome_of(executor.gather(handles));
    CHECK(message_of(outcome.error()) == "task 0 of 4 failed: disk full");
    CHECK(all_done(handles));
    CHECK(counts.started == counts.ended);
  });
}

TEST_CASE("gather of handles: a task that failed before stops the others, also with a limit") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    for (const std::size_t limit : {1U, 2U, 8U}) {
      Counts counts;
      Handles handles = one_fails(executor, counts, 0s);
      while (!handles.front().done() || counts.started < 3) co_await mtaio::sleep(1ms);
      const auto outcome = co_await outcome_of(executor.gather(handles, {.limit = limit}));
      CHECK(message_of(outcome.error()) == "task 0 of 4 failed: disk full");
      CHECK(all_done(handles));
    }
  });
}

TEST_CASE("gather of handles: the tasks of moved handles are stopped too") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    Handles handles = one_fails(executor, counts, 10ms);
    while (counts.started < 3) co_await mtaio::sleep(1ms);
    const auto outcome = co_await outcome_of(executor.gather(std::move(handles)));
    CHECK(message_of(outcome.error()) == "task 0 of 4 failed: disk full");
    CHECK(counts.ended == 3);
  });
}

TEST_CASE("gather of handles: several arguments, some of them handles") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    auto first = executor.create_task(wait_until_stopped(counts));
    auto last = executor.create_task(wait_until_stopped(counts));
    const auto outcome = co_await outcome_of(executor.gather(first, fail_after(10ms), last));
    CHECK(message_of(outcome.error()) == "task 1 of 3 failed: disk full");
    CHECK(first.done());
    CHECK(last.done());
  });
}

TEST_CASE("gather of handles: a task beside them does not start after a failure") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    bool started = false;
    auto failing = executor.create_task(fail_after(0s));
    auto waiting = executor.create_task(wait_until_stopped(counts));
    while (!failing.done()) co_await mtaio::sleep(1ms);
    const auto outcome = co_await outcome_of(executor.gather(failing, set(started), waiting));
    CHECK(message_of(outcome.error()) == "task 0 of 3 failed: disk full");
    CHECK_FALSE(started);
    CHECK(waiting.done());
  });
}

TEST_CASE("gather of handles: a caller that is cancelled leaves none of them running") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    auto one = executor.create_task(wait_until_stopped(counts));
    Handles handles;
    for (int i = 0; i < 3; ++i) handles.push_back(executor.create_task(wait_until_stopped(counts)));
    const auto range = co_await outcome_of(executor.run(executor.gather(handles), {.timeout = 1s}));
    const auto tuple = co_await outcome_of(executor.run(executor.gather(one), {.timeout = 1s}));
    CHECK(threw<mtaio::TimeoutError>(range));
    CHECK(threw<mtaio::TimeoutError>(tuple));
    CHECK(all_done(handles));
    CHECK(one.done());
    CHECK(counts.ended == 4);
  });
}

TEST_CASE("gather of handles: a timeout leaves none of them running, one of zero neither") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    for (const mtaio::Timeout timeout : {mtaio::Timeout{1s}, mtaio::Timeout{0s}}) {
      Counts counts;
      Handles handles;
      for (int i = 0; i < 3; ++i)
        handles.push_back(executor.create_task(wait_until_stopped(counts)));
      const auto outcome = co_await outcome_of(executor.gather(handles, {.timeout = timeout}));
      CHECK(threw<mtaio::TimeoutError>(outcome));
      CHECK(all_done(handles));
      auto one = executor.create_task(wait_until_stopped(counts));
      auto other = executor.create_task(wait_until_stopped(counts));
      const auto tuple = co_await outcome_of(
          executor.gather(mtaio::GatherOptions{.task_timeout = timeout}, one, other));
      CHECK(threw<mtaio::ExecutionError>(tuple));
      CHECK(one.done());
      CHECK(other.done());
    }
  });
}

TEST_CASE("gather of handles: with return_exceptions a failure stops nothing, a stop all") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    std::vector<mtaio::TaskHandle<int>> handles;
    handles.push_back(executor.create_task([]() -> mtaio::Task<int> {
      throw std::runtime_error{"disk full"};
      co_return 0;
    }()));
    handles.push_back(executor.create_task(give(1)));
    const auto outcomes = co_await executor.gather(mtaio::return_exceptions, handles);
    CHECK(message_of(outcomes[0].error()) == "disk full");
    CHECK(outcomes[1].value() == 1);

    Counts counts;
    Handles waiting;
    for (int i = 0; i < 3; ++i) waiting.push_back(executor.create_task(wait_until_stopped(counts)));
    const auto stopped = co_await outcome_of(
        executor.run(executor.gather(mtaio::return_exceptions, waiting), {.timeout = 1s}));
    CHECK(threw<mtaio::TimeoutError>(stopped));
    CHECK(all_done(waiting));
  });
}

TEST_CASE("gather of handles: a task that ends without noticing the timeout has its result") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Door door;
    const auto pass = [](Door& through) -> mtaio::Task<int> {
      co_await through;
      co_return 7;
    };
    const auto open = [](Door& closed) -> mtaio::Task<void> {
      co_await mtaio::sleep(2s);
      closed.waiting.resume();
    };
    auto passing = executor.create_task(pass(door));
    auto opening = executor.create_task(open(door));
    const auto outcome =
        co_await outcome_of(executor.gather(mtaio::GatherOptions{.timeout = 1s}, passing));
    CHECK(std::get<0>(outcome.value()) == 7);
    co_await opening;
  });
}

TEST_CASE("gather of handles: a moved-from handle is the failure of that child") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    Handles handles;
    for (int i = 0; i < 2; ++i) handles.push_back(executor.create_task(wait_until_stopped(counts)));
    const auto taken = std::move(handles[0]);
    const auto outcome = co_await outcome_of(executor.gather(handles));
    REQUIRE(threw<mtaio::ExecutionError>(outcome));
    CHECK(as<std::logic_error>(as<mtaio::ExecutionError>(outcome.error())->cause()));
    CHECK(handles[1].done());
  });
}

TEST_CASE("gather of handles: a range that creates its tasks creates no more after a failure") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    int created = 0;
    const auto create = [&](int) {
      ++created;
      return executor.create_task(fail_after(1ms));
    };
    const auto outcome = co_await outcome_of(
        executor.gather(std::views::iota(0, 100) | std::views::transform(create), {.limit = 1}));
    CHECK(threw<mtaio::ExecutionError>(outcome));
    CHECK(created == 1);
  });
}

TEST_CASE("map: the tasks of handles that the function returns are stopped with the others") {
  simulate([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Counts counts;
    const auto create = [&](int number) {
      return number == 2 ? executor.create_task(fail_after(10ms))
                         : executor.create_task(wait_until_stopped(counts));
    };
    const auto outcome = co_await outcome_of(executor.map(create, std::views::iota(0, 3)));
    CHECK(message_of(outcome.error()) == "task 2 of 3 failed: disk full");
    CHECK(counts.started == counts.ended);
    CHECK(counts.started == 2);
  });
}

TASK_TEST_CASE("races: the ends of tasks and the failure of a gather of their handles", 3) {
  mtaio::TaskExecutor executor;
  const auto nap = [](mtaio::Timeout time) -> mtaio::Task<void> { co_await mtaio::sleep(time); };
  for (int round = 0; round < 500; ++round) {
    Handles handles;
    for (int i = 0; i < 4; ++i) {
      handles.push_back(executor.create_task(nap(std::chrono::microseconds{30 + round % 40})));
    }
    handles.push_back(executor.create_task(fail_after(50us)));
    const auto outcome = co_await outcome_of(executor.gather(handles));
    CHECK(threw<mtaio::ExecutionError>(outcome));
    CHECK(all_done(handles));
  }
}

/// Each task gathers the handle of the next one; the last one waits until it is stopped.
mtaio::Task<void> gather_next(mtaio::TaskExecutor& executor, int left, std::atomic<bool>& deepest) {
  if (left == 0) {
    deepest = true;
    co_await mtaio::sleep(1h);
  } else {
    auto next = executor.create_task(gather_next(executor, left - 1, deepest));
    co_await executor.gather(next);
  }
}
mtaio::Task<void> stop_first_of(int count) {
  mtaio::TaskExecutor executor;
  std::atomic<bool> deepest{false};
  auto first = executor.create_task(gather_next(executor, count, deepest));
  while (!deepest) co_await mtaio::sleep(0s);
  first.request_stop();
  const auto outcome = co_await outcome_of(std::move(first));
  CHECK(threw<mtaio::CancelledError>(outcome));
}

TEST_CASE("gather of handles: a stop request that passes through 200,000 deep does not recurse") {
  constexpr int kMany = test::kSanitized ? 20'000 : 200'000;
  for (const std::size_t threads : {1U, 2U}) mtaio::run(stop_first_of(kMany), {.threads = threads});
}

}  // namespace
