#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

using namespace std::chrono_literals;
using test::as;
using test::outcome_of;
using test::threw;

namespace {

using Clock = std::chrono::steady_clock;

struct Story {
  bool started = false;
  bool stopped = false;
  bool ended = false;
};

mtaio::Task<int> wait_until_stopped(Story& story) {
  story.started = true;
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    story.stopped = true;
  }
  // It takes its time to clean up.
  const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
  CHECK(stop.stop_requested());
  story.ended = true;
  throw mtaio::CancelledError{};
}

mtaio::Task<int> compute_until_stopped() {
  const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
  while (!stop.stop_requested()) {
  }
  throw mtaio::CancelledError{};
}

mtaio::Task<int> compute_for(Clock::duration time, int result) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
  co_return result;
}

mtaio::Task<int> throw_timeout_error() {
  co_await mtaio::sleep(0s);
  throw mtaio::TimeoutError{"inner"};
}

mtaio::Task<int> fail_when_stopped() {
  [[maybe_unused]] const auto stopped = co_await outcome_of(mtaio::sleep(1h));
  throw std::runtime_error{"while stopping"};
}

TASK_TEST_CASE(
    "run: a timeout that runs out is a TimeoutError, after the task has been stopped and waited "
    "for") {
  mtaio::TaskExecutor executor;
  Story story;

  const auto start = Clock::now();
  const auto outcome =
      co_await outcome_of(executor.run(wait_until_stopped(story), {.timeout = 5ms}));
  const auto took = Clock::now() - start;

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK_FALSE(threw<mtaio::ExecutionError>(outcome));
  CHECK(story.stopped);
  CHECK(story.ended);
  CHECK(took >= 5ms);
  CHECK(took < 10s);
}

TASK_TEST_CASE("run: a timeout of zero or less never starts the task") {
  mtaio::TaskExecutor executor;
  for (const mtaio::Timeout timeout :
       {mtaio::Timeout{0s}, mtaio::Timeout{-1s}, mtaio::Timeout{std::chrono::hours::min()},
        mtaio::Timeout{std::chrono::duration<double>{-std::numeric_limits<double>::infinity()}}}) {
    Story story;

    const auto outcome =
        co_await outcome_of(executor.run(wait_until_stopped(story), {.timeout = timeout}));

    CHECK(threw<mtaio::TimeoutError>(outcome));
    CHECK_FALSE(story.started);
  }
}

TASK_TEST_CASE("run: a timeout of hours::max() never runs out") {
  mtaio::TaskExecutor executor;
  co_await executor.run(mtaio::sleep(2ms), {.timeout = std::chrono::hours::max()});
  co_await executor.run(mtaio::sleep(2ms), {.timeout = std::chrono::duration<double>{1e300}});
}

TASK_TEST_CASE(
    "run: an inner TimeoutError is wrapped in an ExecutionError, and so not mistaken for the own "
    "timeout") {
  mtaio::TaskExecutor executor;

  const auto plain = co_await outcome_of(executor.run(throw_timeout_error()));
  const auto timed = co_await outcome_of(executor.run(throw_timeout_error(), {.timeout = 1h}));
  const auto nested = co_await outcome_of(
      executor.run(executor.run(mtaio::sleep(1h), {.timeout = 1ms}), {.timeout = 1h}));

  for (const auto& error : {plain.error(), timed.error(), nested.error()}) {
    CHECK_FALSE(as<mtaio::TimeoutError>(error));
    REQUIRE(as<mtaio::ExecutionError>(error));
    CHECK(as<mtaio::TimeoutError>(as<mtaio::ExecutionError>(error)->cause()));
  }
}

TASK_TEST_CASE(
    "run: when the outer timeout runs out first, the inner run is cancelled, not timed out") {
  mtaio::TaskExecutor executor;

  const auto outcome = co_await outcome_of(
      executor.run(executor.run(mtaio::sleep(1h), {.timeout = 30min}), {.timeout = 1ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
}

TASK_TEST_CASE("run: an exception thrown after the timeout is a TimeoutError all the same") {
  mtaio::TaskExecutor executor;
  const auto outcome = co_await outcome_of(executor.run(fail_when_stopped(), {.timeout = 1ms}));
  CHECK(threw<mtaio::TimeoutError>(outcome));
}

TASK_TEST_CASE(
    "run: a task that only computes and polls its stop token is stopped by the timeout, with one "
    "thread too") {
  mtaio::TaskExecutor executor;
  const auto outcome = co_await outcome_of(executor.run(compute_until_stopped(), {.timeout = 3ms}));
  CHECK(threw<mtaio::TimeoutError>(outcome));
}

TASK_TEST_CASE(
    "run: the timeout of a caller further up reaches a task that only polls its stop token") {
  mtaio::TaskExecutor executor;
  const auto outcome = co_await outcome_of(executor.run(
      executor.gather(executor.run(compute_until_stopped(), {.timeout = 1h})), {.timeout = 3ms}));
  CHECK(threw<mtaio::TimeoutError>(outcome));
}

TASK_TEST_CASE(
    "run: a result that was there before the timeout fired is kept, however late it is") {
  mtaio::TaskExecutor executor;
  // No task waits or asks for the time, so with one thread nothing can fire.
  const int result = co_await executor.run(compute_for(5ms, 7), {.timeout = 1ms});
  CHECK(result == 7);
}

TASK_TEST_CASE(
    "run: a CancelledError of another task that was stopped is a failure, not a timeout") {
  mtaio::TaskExecutor executor;
  Story story;
  auto handle = executor.create_task(wait_until_stopped(story));
  co_await mtaio::sleep(0s);
  handle.request_stop();

  const auto outcome = co_await outcome_of(executor.run(std::move(handle), {.timeout = 1h}));

  REQUIRE(as<mtaio::ExecutionError>(outcome.error()));
  CHECK(as<mtaio::CancelledError>(as<mtaio::ExecutionError>(outcome.error())->cause()));
}

mtaio::Task<void> put_after(mtaio::AsyncQueue<int>& queue, mtaio::Timeout pause, int item) {
  co_await mtaio::sleep(pause);
  co_await queue.put(item);
}

mtaio::Task<void> get_with_timeout(mtaio::TaskExecutor& executor, mtaio::AsyncQueue<int>& queue,
                                   std::atomic<int>& taken) {
  const auto outcome = co_await outcome_of(executor.run(queue.get(), {.timeout = 50us}));
  if (outcome) ++taken;
  CHECK((outcome || threw<mtaio::TimeoutError>(outcome)));
}

TASK_TEST_CASE(
    "run: an item that arrives just when the timeout of a get fires is taken or left, never lost",
    4) {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue;
  std::atomic<int> taken{0};
  constexpr int kRounds = 3'000;

  for (int i = 0; i < kRounds; ++i) {
    const auto pause = std::chrono::microseconds{40 + i % 30};
    co_await executor.gather(put_after(queue, pause, i), get_with_timeout(executor, queue, taken));
  }

  CHECK(taken + static_cast<int>(queue.qsize()) == kRounds);
}

}  // namespace
