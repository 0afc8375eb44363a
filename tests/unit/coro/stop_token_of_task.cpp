#include <mtaio/exceptions.hpp>
#include <mtaio/latch.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/stop_token.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/this_task.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

namespace {

using namespace std::chrono_literals;
using mtaio::StopCallback;
using mtaio::StopToken;
using mtaio::Task;
namespace this_task = mtaio::this_task;

Task<StopToken> my_token() { co_return co_await this_task::stop_token(); }

TASK_TEST_CASE("this_task: every task has a stop token that can be stopped") {
  const StopToken token = co_await this_task::stop_token();
  CHECK(token.stop_possible());
  CHECK_FALSE(token.stop_requested());
}

TASK_TEST_CASE("this_task: a task sees the token of the task that awaits it") {
  const StopToken mine = co_await this_task::stop_token();
  const StopToken childs = co_await my_token();
  CHECK(mine == childs);
}

Task<void> note_stop(StopToken& token, mtaio::Latch& started) {
  token = co_await this_task::stop_token();
  started.count_down();
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    CHECK(token.stop_requested());
    throw;
  }
}

TASK_TEST_CASE("this_task: the token says that stop was requested") {
  mtaio::TaskExecutor executor;
  mtaio::Latch started{1};
  StopToken token;
  auto task = executor.create_task(note_stop(token, started));
  co_await started.wait();
  CHECK_FALSE(token.stop_requested());
  task.request_stop();
  CHECK(token.stop_requested());
  CHECK_THROWS_AS(co_await task, mtaio::CancelledError);
}

TASK_TEST_CASE("this_task: a stop request for one task leaves the others alone") {
  mtaio::TaskExecutor executor;
  mtaio::Latch started{2};
  StopToken stopped_token;
  StopToken other_token;
  auto stopped = executor.create_task(note_stop(stopped_token, started));
  auto other = executor.create_task(note_stop(other_token, started));
  co_await started.wait();
  stopped.request_stop();
  CHECK_THROWS_AS(co_await stopped, mtaio::CancelledError);
  CHECK_FALSE(other_token.stop_requested());
  CHECK_FALSE((co_await this_task::stop_token()).stop_requested());
  other.request_stop();
  CHECK_THROWS_AS(co_await other, mtaio::CancelledError);
}

Task<void> nested_wait(int depth, StopToken& innermost, mtaio::Latch& started) {
  mtaio::TaskExecutor executor;
  if (depth == 0) {
    co_await note_stop(innermost, started);
  } else {
    co_await executor.gather(nested_wait(depth - 1, innermost, started));
  }
}

TASK_TEST_CASE("this_task: a stop request reaches the children of children") {
  mtaio::TaskExecutor executor;
  mtaio::Latch started{1};
  StopToken innermost;
  auto task = executor.create_task(nested_wait(5, innermost, started));
  co_await started.wait();
  task.request_stop();
  CHECK_THROWS_AS(co_await task, mtaio::CancelledError);
}

Task<int> compute_until_stopped() {
  const StopToken token = co_await this_task::stop_token();
  int steps = 0;
  while (!token.stop_requested()) ++steps;
  co_return steps;
}

TASK_TEST_CASE(
    "this_task: a timeout that has run out counts while the task computes without waiting") {
  mtaio::TaskExecutor executor;
  CHECK_THROWS_AS((void)co_await executor.run(compute_until_stopped(), {.timeout = 2ms}),
                  mtaio::TimeoutError);
}

TASK_TEST_CASE("this_task: asking for the token is not a cancellation point") {
  mtaio::TaskExecutor executor;
  const auto ask_when_stopped = []() -> Task<bool> {
    try {
      co_await mtaio::sleep(1h);
    } catch (const mtaio::CancelledError&) {
    }
    co_return (co_await this_task::stop_token()).stop_requested();
  };
  auto task = executor.create_task(ask_when_stopped());
  co_await test::let_others_run();
  task.request_stop();
  CHECK(co_await task);
}

Task<int> count_callbacks(mtaio::Latch& started) {
  int calls = 0;
  const auto count = [&calls] { ++calls; };
  const StopToken token = co_await this_task::stop_token();
  const StopCallback before{token, count};
  started.count_down();
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
  }
  const int by_request = calls;
  const StopCallback after{token, count};
  co_return by_request * 10 + calls;
}

TASK_TEST_CASE(
    "this_task: a callback is called by the stop request, or by its constructor after it") {
  mtaio::TaskExecutor executor;
  mtaio::Latch started{1};
  auto task = executor.create_task(count_callbacks(started));
  co_await started.wait();
  task.request_stop();
  CHECK(co_await task == 12);
}

}  // namespace
