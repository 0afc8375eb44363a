/// `run_in_thread` when the caller is asked to stop.
#include <mtaio/core.hpp>
#include <mtaio/testing/explore.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using test::outcome_of;
using test::threw;

namespace {

mtaio::Task<void> call(mtaio::TaskExecutor& executor, auto function, auto... args) {
  co_await executor.run_in_thread(function, args...);
}

TASK_TEST_CASE(
    "run_in_thread: a function whose first parameter is a StopToken is told when to give up, and "
    "waited for") {
  mtaio::TaskExecutor executor;
  std::latch running{1};
  std::atomic<bool> ended{false};
  const auto work = [&](mtaio::StopToken stop, int number) {
    CHECK(stop.stop_possible());
    CHECK(number == 1);
    running.count_down();
    while (!stop.stop_requested()) std::this_thread::yield();
    std::this_thread::sleep_for(1ms);
    ended = true;
  };
  auto handle = executor.create_task(call(executor, work, 1));
  co_await mtaio::sleep(0s);
  running.wait();

  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(ended);
  CHECK((outcome.has_value() || threw<mtaio::CancelledError>(outcome)));
}

TASK_TEST_CASE(
    "run_in_thread: a timeout further up reaches the StopToken of a function that never looks up") {
  mtaio::TaskExecutor executor;
  std::atomic<int> live{0};
  const auto work = [&](mtaio::StopToken stop) {
    ++live;
    while (!stop.stop_requested()) std::this_thread::yield();
    --live;
    throw mtaio::CancelledError{};
  };

  const auto outcome =
      co_await outcome_of(executor.run(executor.run_in_thread(work), {.timeout = 5ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(live == 0);
}

TASK_TEST_CASE("run_in_thread: a StopCallback tells a function that blocks elsewhere to give up") {
  mtaio::TaskExecutor executor;
  std::latch running{1};
  const auto work = [&](mtaio::StopToken stop) {
    std::latch told{1};
    const mtaio::StopCallback callback{stop, [&told] { told.count_down(); }};
    running.count_down();
    told.wait();
  };
  auto handle = executor.create_task(call(executor, work));
  co_await mtaio::sleep(0s);
  running.wait();

  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK((outcome.has_value() || threw<mtaio::CancelledError>(outcome)));
}

TASK_TEST_CASE(
    "run_in_thread: a caller that is cancelled while the function runs is kept waiting until it "
    "has returned") {
  mtaio::TaskExecutor executor;
  std::latch running{1};
  std::latch go_on{1};
  bool returned = false;
  const auto work = [&] {
    running.count_down();
    go_on.wait();
    returned = true;
  };
  auto handle = executor.create_task(call(executor, work));
  co_await mtaio::sleep(0s);
  running.wait();

  handle.request_stop();
  for (int i = 0; i < 100; ++i) co_await mtaio::sleep(0s);
  const bool done_before = handle.done();
  go_on.count_down();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK_FALSE(done_before);
  CHECK(returned);
  CHECK((outcome.has_value() || threw<mtaio::CancelledError>(outcome)));
}

TEST_CASE(
    "run_in_thread: a function that has not started when the caller is cancelled never starts") {
  mtaio::ThreadPool pool{1};
  const auto test = [](mtaio::ThreadPool& one_thread) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor{one_thread};
    std::latch running{1};
    std::latch go_on{1};
    bool second_ran = false;
    const auto first = [&] {
      running.count_down();
      go_on.wait();
    };
    const auto second = [&] { second_ran = true; };
    auto busy = executor.create_task(call(executor, first));
    co_await mtaio::sleep(0s);
    running.wait();
    auto queued = executor.create_task(call(executor, second));
    co_await mtaio::sleep(0s);

    queued.request_stop();
    const auto outcome =
        co_await outcome_of(std::move(queued));  // while the first still holds the thread
    go_on.count_down();
    co_await busy;
    co_await executor.run_in_thread([] {});

    CHECK(threw<mtaio::CancelledError>(outcome));
    CHECK_FALSE(second_ran);
  };
  mtaio::run(test(pool), {.threads = 1});
}

TASK_TEST_CASE("run_in_thread: a caller that was cancelled before never starts the function") {
  mtaio::TaskExecutor executor;
  std::atomic<bool> ran{false};
  const auto work = [&] { ran = true; };
  auto handle = executor.create_task(call(executor, work));

  handle.request_stop();  // on one thread it has not begun yet
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(threw<mtaio::CancelledError>(outcome));
  CHECK_FALSE(ran);
}

/// Whether what a function has returned, if it has run, comes out of a run with a timeout.
mtaio::Task<bool> result_is_kept(bool& was_late) {
  mtaio::TaskExecutor executor;
  bool ran = false;
  auto call = executor.run_in_thread([&ran] {
    ran = true;
    return 7;
  });
  bool in_time = true;
  try {
    CHECK(co_await executor.run(std::move(call), {.timeout = 1ms}) == 7);
  } catch (const mtaio::TimeoutError&) {
    in_time = false;
  }
  was_late = !in_time;
  co_return in_time == ran;
}

TEST_CASE(
    "run_in_thread: a function that had returned when the time ran out, but whose caller had not "
    "resumed, counts as done in time") {
  int late = 0;
  int seeds = 0;
  const auto test = [&](mtaio::testing::Simulation& simulation) {
    bool was_late = false;
    CHECK(simulation.run(result_is_kept(was_late)));
    late += was_late ? 1 : 0;
    ++seeds;
  };
  mtaio::testing::explore(test, {.seeds = 2000, .simulation = {.max_lag = 2ms}});
  if (seeds == 1) return;  // one that was asked for
  CHECK(late > 0);
  CHECK(late < seeds);
}

}  // namespace
