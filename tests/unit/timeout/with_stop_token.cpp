#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using test::give;
using test::give_move_only;
using test::give_reference;
using test::outcome_of;
using test::threw;

namespace {

mtaio::Task<void> fail() {
  co_await mtaio::sleep(0s);
  throw std::runtime_error{"failed"};
}
mtaio::Task<void> wait_until_stopped(std::atomic<bool>& waiting) {
  waiting = true;
  co_await mtaio::sleep(1h);
}
mtaio::Task<bool> is_asked_to_stop() {
  const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
  co_return stop.stop_requested();
}
mtaio::Task<mtaio::StopToken> give_token() { co_return co_await mtaio::this_task::stop_token(); }

/// Whether `token` tells of a stop that is requested on `source` now.
bool asked_by(std::stop_source& source, mtaio::StopToken token) {
  source.request_stop();
  return token.stop_requested();
}

TASK_TEST_CASE("with_stop_token: passes on the awaitable's result and exceptions") {
  std::stop_source source;
  int variable = 0;

  const int value = co_await mtaio::with_stop_token(source.get_token(), give(1));
  const auto owned = co_await mtaio::with_stop_token(source.get_token(), give_move_only(2));
  int& reference = co_await mtaio::with_stop_token(source.get_token(), give_reference(variable));
  co_await mtaio::with_stop_token(source.get_token(), mtaio::sleep(0s));
  const auto failed = co_await outcome_of(mtaio::with_stop_token(source.get_token(), fail()));

  CHECK(value == 1);
  CHECK(*owned == 2);
  CHECK(&reference == &variable);
  CHECK(threw<std::runtime_error>(failed));
}

TASK_TEST_CASE(
    "with_stop_token: a stop requested before the task begins meets it at its first wait") {
  std::stop_source source;
  source.request_stop();
  std::atomic<bool> waiting{false};

  const bool asked = co_await mtaio::with_stop_token(source.get_token(), is_asked_to_stop());
  const auto outcome =
      co_await outcome_of(mtaio::with_stop_token(source.get_token(), wait_until_stopped(waiting)));

  CHECK(asked);
  CHECK(waiting);
  CHECK(threw<mtaio::CancelledError>(outcome));
}

TEST_CASE("with_stop_token: a stop requested by another thread while the task waits cancels it") {
  for (const std::size_t threads : {1U, 2U}) {
    for (int round = 0; round < 200; ++round) {
      std::stop_source source;
      std::atomic<bool> waiting{false};
      std::thread stopper{[&] {
        if (round % 2 == 0) {
          while (!waiting) std::this_thread::yield();
        }
        source.request_stop();
      }};

      CHECK_THROWS_AS(
          mtaio::run(mtaio::with_stop_token(source.get_token(), wait_until_stopped(waiting)),
                     {.threads = threads}),
          mtaio::CancelledError);
      stopper.join();
    }
  }
}

TEST_CASE("with_stop_token: a stop requested when the task has ended may come at any time") {
  for (int round = 0; round < 500; ++round) {
    std::stop_source source;
    std::atomic<bool> begun{false};
    std::thread stopper{[&] {
      while (!begun) {
      }
      source.request_stop();
    }};
    const auto end = [](std::atomic<bool>& flag) -> mtaio::Task<int> {
      flag = true;
      co_return 1;
    };

    REQUIRE(mtaio::run(mtaio::with_stop_token(source.get_token(), end(begun)), {.threads = 1}) ==
            1);
    stopper.join();
  }
}

TASK_TEST_CASE("with_stop_token: the stop of the caller reaches the task too") {
  mtaio::TaskExecutor executor;
  std::stop_source source;
  std::atomic<bool> waiting{false};

  const auto outcome = co_await outcome_of(executor.run(
      mtaio::with_stop_token(source.get_token(), wait_until_stopped(waiting)), {.timeout = 1ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK(waiting);
}

TASK_TEST_CASE("with_stop_token: the stop does not reach beyond the task") {
  std::stop_source source;
  source.request_stop();

  const bool inside = co_await mtaio::with_stop_token(source.get_token(), is_asked_to_stop());
  const bool outside = co_await is_asked_to_stop();
  co_await mtaio::sleep(0s);

  CHECK(inside);
  CHECK_FALSE(outside);
}

TASK_TEST_CASE("with_stop_token: the link ends with the task, not with the operation") {
  std::stop_source source;

  // The task's frame lives to the end of this statement, and so does its token.
  const bool asked =
      asked_by(source, co_await mtaio::with_stop_token(source.get_token(), give_token()));

  CHECK(source.stop_requested());
  CHECK_FALSE(asked);
}

TASK_TEST_CASE("with_stop_token: a token that cannot be stopped changes nothing") {
  const int value = co_await mtaio::with_stop_token(std::stop_token{}, give(1));
  CHECK(value == 1);
}

TASK_TEST_CASE("with_stop_token: a task that was moved from is a logic_error") {
  auto task = give(1);
  const auto elsewhere = std::move(task);
  // NOLINTNEXTLINE(bugprone-use-after-move): this is the mistake
  auto awaitable = mtaio::with_stop_token(std::stop_token{}, std::move(task));
  const auto outcome = co_await outcome_of(std::move(awaitable));
  CHECK(threw<std::logic_error>(outcome));
}

TASK_TEST_CASE("with_stop_token: reaches everything below, whatever the depth") {
  mtaio::TaskExecutor executor;
  std::stop_source source;
  std::atomic<bool> first{false};
  std::atomic<bool> second{false};
  auto below = executor.gather(executor.run(wait_until_stopped(first), {.timeout = 1h}),
                               executor.gather(wait_until_stopped(second)));
  const auto stop_soon = [](std::stop_source& from) -> mtaio::Task<void> {
    co_await mtaio::sleep(0s);
    from.request_stop();
  };

  const auto [outcome, none] = co_await executor.gather(
      outcome_of(mtaio::with_stop_token(source.get_token(), std::move(below))), stop_soon(source));

  CHECK(first);
  CHECK(second);
  CHECK(threw<mtaio::CancelledError>(outcome));
}

}  // namespace
