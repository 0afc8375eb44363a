/// A function in a thread that runs tasks in a runtime of its own: it blocks there, and is reached
/// by stop requests there.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::give;
using test::message_of;
using test::outcome_of;
using test::threw;

namespace {

mtaio::Task<void> wait_long() { co_await mtaio::sleep(1h); }
void wait_long_in_a_run() { mtaio::run(wait_long(), {.threads = 1}); }

void scan(mtaio::AsyncQueue<int>& out) {
  mtaio::Runtime here{{.threads = 1}};
  for (int i = 0;; ++i) here.run(out.put(i));
}
mtaio::Task<void> fail_after_three(mtaio::AsyncQueue<int>& in) {
  for (int i = 0; i < 3; ++i) co_await in.get();
  throw std::runtime_error{"disk full"};
}

/// Runs itself in a thread, in a run, `levels` times, and then waits.
mtaio::Task<void> wait_below(int levels, std::latch& waits) {
  if (levels == 0) {
    waits.count_down();
    co_await mtaio::sleep(1h);
    co_return;
  }
  mtaio::TaskExecutor executor;
  const auto run = [levels, &waits] { mtaio::run(wait_below(levels - 1, waits), {.threads = 1}); };
  co_await executor.run_in_thread(run);
}

TASK_TEST_CASE("nested run: a sibling's failure reaches a function that waits in Runtime::run()") {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue{5};
  const auto outcome = co_await outcome_of(
      executor.gather(executor.run_in_thread(scan, std::ref(queue)), fail_after_three(queue)));
  CHECK(message_of(outcome.error()) == "task 1 of 2 failed: disk full");
}

TASK_TEST_CASE("nested run: a sibling's failure reaches the functions of map") {
  mtaio::TaskExecutor executor;
  const std::vector<int> numbers{0, 1, 2};
  const auto run = [](int number) {
    if (number == 1) throw std::runtime_error{"disk full"};
    wait_long_in_a_run();
  };
  const auto outcome = co_await outcome_of(executor.map(run, numbers));
  CHECK(message_of(outcome.error()) == "task 1 of 3 failed: disk full");
}

TASK_TEST_CASE("nested run: the timeout of a function ends the run in it, and is a TimeoutError") {
  mtaio::TaskExecutor executor;
  const auto outcome = co_await outcome_of(
      executor.run(executor.run_in_thread(wait_long_in_a_run), {.timeout = 5ms}));
  CHECK(threw<mtaio::TimeoutError>(outcome));
}

TEST_CASE("nested run: a stop request travels down through functions and runs in them") {
  for (const int levels : {1, 2, 5}) {
    const auto test = [](int depth) -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      std::latch waits{1};
      auto handle = executor.create_task(wait_below(depth, waits));
      while (!waits.try_wait()) co_await mtaio::sleep(0s);
      handle.request_stop();
      CHECK(threw<mtaio::CancelledError>(co_await outcome_of(std::move(handle))));
    };
    mtaio::run(test(levels), {.threads = 2});
  }
}

TASK_TEST_CASE("nested run: a stop request that came before the run began meets its first wait") {
  mtaio::TaskExecutor executor;
  std::atomic<bool> started = false;
  const auto wait_when_stopped = [&started](mtaio::StopToken stop) {
    started = true;
    while (!stop.stop_requested()) std::this_thread::yield();
    wait_long_in_a_run();
  };
  const auto call = [](mtaio::TaskExecutor& of, auto& function) -> mtaio::Task<void> {
    co_await of.run_in_thread(std::ref(function));
  };
  auto handle = executor.create_task(call(executor, wait_when_stopped));
  while (!started) co_await mtaio::sleep(0s);
  handle.request_stop();
  CHECK(threw<mtaio::CancelledError>(co_await outcome_of(std::move(handle))));
}

TEST_CASE(
    "nested run: a stop request for one function does not stop the next one on the same thread") {
  mtaio::ThreadPool pool{1};
  const auto test = [](mtaio::ThreadPool& one_thread) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor{one_thread};
    const auto stopped = co_await outcome_of(
        executor.run(executor.run_in_thread(wait_long_in_a_run), {.timeout = 5ms}));
    const auto run = [] { return mtaio::run(give(7), {.threads = 1}); };
    const int result = co_await executor.run_in_thread(run);
    CHECK(threw<mtaio::TimeoutError>(stopped));
    CHECK(result == 7);
  };
  mtaio::run(test(pool), {.threads = 1});
}

TASK_TEST_CASE("nested run: the end of a run in a function stops nothing above it") {
  mtaio::TaskExecutor executor;
  const auto leave_some = []() -> mtaio::Task<void> {
    mtaio::TaskExecutor inner;
    const auto left = inner.create_task(wait_long());
    co_return;
  };
  const auto run_twice = [&leave_some](mtaio::StopToken stop) {
    for (int i = 0; i < 2; ++i) mtaio::run(leave_some(), {.threads = 2});
    return stop.stop_requested();
  };
  const bool stopped = co_await executor.run_in_thread(run_twice);
  CHECK_FALSE(stopped);
  CHECK(co_await give(1) == 1);
}

TEST_CASE("nested run: a function in a simulation may use a runtime with several threads") {
  mtaio::testing::Simulation simulation;
  const auto test = []() -> mtaio::Task<int> {
    mtaio::TaskExecutor executor;
    const auto run = [] {
      const auto gather = []() -> mtaio::Task<int> {
        mtaio::TaskExecutor inner;
        const auto [a, b] = co_await inner.gather(give(3), give(4));
        co_return a + b;
      };
      return mtaio::run(gather(), {.threads = 3});
    };
    co_return co_await executor.run(executor.run_in_thread(run), {.timeout = 1s});
  };
  CHECK(simulation.run(test()) == 7);
}

TASK_TEST_CASE("nested run: the task_timeout of a map reaches a run in its function") {
  mtaio::TaskExecutor executor;
  const std::vector<int> items{1};
  const auto wait = [](int) { wait_long_in_a_run(); };
  const auto outcome = co_await outcome_of(executor.map(wait, items, {.task_timeout = 10ms}));
  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error != nullptr);
  CHECK(as<mtaio::TimeoutError>(error->cause()) != nullptr);
}

}  // namespace
