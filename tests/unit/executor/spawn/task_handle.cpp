#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <type_traits>
#include <utility>

using namespace std::chrono_literals;
using test::as;
using test::fail;
using test::give;
using test::on_one_thread;
using test::outcome_of;
using test::set;
using test::threw;
using test::wait_until_stopped;

namespace {}  // namespace

namespace {

TASK_TEST_CASE("TaskHandle: awaiting a handle twice is a logic_error") {
  mtaio::TaskExecutor executor;
  auto handle = executor.create_task(give(1));
  auto failing = executor.create_task(fail("broken"));
  co_await handle;
  const auto failed = co_await outcome_of(executor.run(failing));

  const auto again = co_await outcome_of(executor.run(handle));
  const auto failed_again = co_await outcome_of(std::move(failing));

  CHECK(threw<mtaio::ExecutionError>(failed));
  REQUIRE(threw<mtaio::ExecutionError>(again));
  CHECK(as<std::logic_error>(as<mtaio::ExecutionError>(again.error())->cause()));
  CHECK(threw<std::logic_error>(failed_again));
}

TASK_TEST_CASE("TaskHandle: a handle that was moved from is a logic_error to await, and done") {
  mtaio::TaskExecutor executor;
  auto handle = executor.create_task(give(1));
  auto other = std::move(handle);

  // NOLINTBEGIN(bugprone-use-after-move): that is the point
  handle.request_stop();
  const bool done = handle.done();
  const auto outcome = co_await outcome_of(std::move(handle));
  // NOLINTEND(bugprone-use-after-move)
  const int result = co_await other;

  CHECK(done);
  CHECK(threw<std::logic_error>(outcome));
  CHECK(result == 1);
}

TEST_CASE("TaskHandle: handles are move-only and can be assigned") {
  static_assert(!std::is_copy_constructible_v<mtaio::TaskHandle<int>>);
  static_assert(std::is_nothrow_move_constructible_v<mtaio::TaskHandle<int>>);
  static_assert(std::is_nothrow_move_assignable_v<mtaio::TaskHandle<int>>);
  on_one_thread([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    auto handle = executor.create_task(give(1));
    handle = executor.create_task(give(2));
    const int result = co_await handle;
    CHECK(result == 2);
  });
}

TASK_TEST_CASE(
    "create_task: request_stop() asks the task to stop; awaiting it throws its CancelledError") {
  mtaio::TaskExecutor executor;
  bool stopped = false;
  auto handle = executor.create_task(wait_until_stopped(stopped));
  co_await mtaio::sleep(0s);

  handle.request_stop();
  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(stopped);
  CHECK(threw<mtaio::CancelledError>(outcome));
}

TASK_TEST_CASE("TaskHandle: request_stop() before the task begins meets it at its first wait") {
  mtaio::TaskExecutor executor;
  bool stopped = false;
  auto handle = executor.create_task(wait_until_stopped(stopped));

  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(stopped);
  CHECK(threw<mtaio::CancelledError>(outcome));
}

TASK_TEST_CASE(
    "create_task: a caller that is cancelled while it awaits a handle leaves the task alone") {
  mtaio::TaskExecutor executor;
  mtaio::Latch go_on{1};
  const auto wait = [](mtaio::Latch& latch) -> mtaio::Task<int> {
    co_await latch.wait();
    co_return 5;
  };
  auto handle = executor.create_task(wait(go_on));

  const auto outcome = co_await outcome_of(executor.run(handle, {.timeout = 1ms}));
  const bool done = handle.done();
  go_on.count_down();
  const int result = co_await handle;

  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK_FALSE(done);
  CHECK(result == 5);
}

TASK_TEST_CASE("TaskHandle: the task continues when its handle is destroyed") {
  mtaio::TaskExecutor executor;
  bool ran = false;
  {
    const auto handle = executor.create_task(set(ran));
  }
  co_await mtaio::sleep(0s);
  CHECK(ran);
}

}  // namespace
