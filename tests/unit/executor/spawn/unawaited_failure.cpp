/// A failure of a created task that is never awaited is reported on standard error.
#include <mtaio/core.hpp>

#include "support/captured_stderr.hpp"
#include "support/coroutines.hpp"
#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

using namespace std::chrono_literals;
using test::fail;
using test::occurrences;
using test::outcome_of;
using test::stderr_of;

namespace {

mtaio::Task<void> throw_an_int() {
  throw 42;
  co_return;
}
mtaio::Task<int> succeed() { co_return 1; }
mtaio::Task<void> wait() { co_await mtaio::sleep(1h); }

}  // namespace

TEST_CASE("create_task: a failure that is never awaited is reported when its handle is destroyed") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto handle = executor.create_task(fail("disk full"));
    co_await mtaio::sleep(0s);
    co_await mtaio::sleep(0s);
    CHECK(handle.done());
  });
  CHECK(occurrences(text, "disk full") == 1);
}

TEST_CASE("create_task: a failure whose handle went before is reported when it happens") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    {
      const auto handle = executor.create_task(fail("disk full"));
    }
    co_await mtaio::sleep(0s);
    co_await mtaio::sleep(0s);
  });
  CHECK(occurrences(text, "disk full") == 1);
}

TEST_CASE("create_task: an exception that is not a std::exception is reported too") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto handle = executor.create_task(throw_an_int());
    co_await mtaio::sleep(0s);
  });
  CHECK_FALSE(text.empty());
}

TEST_CASE("create_task: a failure that was awaited is not reported, nor a success, nor a stop") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto outcome = co_await outcome_of(executor.create_task(fail("disk full")));
    const auto success = executor.create_task(succeed());
    const auto stopped = executor.create_task(wait());
    co_await executor.cancel_all();
    const auto stopped_by_the_end = executor.create_task(wait());
    CHECK_FALSE(outcome.has_value());
  });
  CHECK(text.empty());
}

TEST_CASE(
    "create_task: a failure awaited by a task that was cancelled first is reported after all") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    mtaio::Latch go_on{1};
    const auto fail_later = [](mtaio::Latch& latch) -> mtaio::Task<void> {
      co_await latch.wait();
      throw std::runtime_error{"disk full"};
    };
    auto handle = executor.create_task(fail_later(go_on));
    const auto outcome = co_await outcome_of(executor.run(handle, {.timeout = 1ms}));
    CHECK_FALSE(outcome.has_value());
    go_on.count_down();
    while (!handle.done()) co_await mtaio::sleep(0s);
  });
  CHECK(occurrences(text, "disk full") == 1);
}

namespace {

mtaio::Task<void> be_cancelled_with_failure() {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    try {
      throw std::runtime_error{"disk full"};
    } catch (const std::runtime_error&) {
      std::throw_with_nested(mtaio::CancelledError{});
    }
  }
}

}  // namespace

TEST_CASE("create_task: a failure while an unawaited task is being stopped is reported") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    std::ignore = executor.create_task(be_cancelled_with_failure());
    co_await mtaio::sleep(0s);
    co_await executor.cancel_all();
  });
  CHECK(text.find("no task awaited it: disk full\n") != std::string::npos);
}

TEST_CASE("create_task: a CancelledError without a stop request is reported") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto give_up = []() -> mtaio::Task<void> {
      throw mtaio::CancelledError{};
      co_return;
    };
    std::ignore = executor.create_task(give_up());
    const auto kept = executor.create_task(give_up());
    co_await mtaio::sleep(0s);
    co_await mtaio::sleep(0s);
  });
  const auto first = text.find("no task awaited it: the task was asked to stop\n");
  CHECK(first != std::string::npos);
  CHECK(text.find("no task awaited it", first + 1) != std::string::npos);
}

namespace {

mtaio::Task<void> stop_if_asked() {
  const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
  if (stop.stop_requested()) throw mtaio::CancelledError{};
}
mtaio::Task<void> create_and_end(mtaio::TaskExecutor& executor,
                                 std::optional<mtaio::TaskHandle<void>>& handle) {
  handle.emplace(executor.create_task(stop_if_asked()));
  co_return;
}

}  // namespace

TEST_CASE(
    "create_task: a task that never waits, and stops because the run ends, is not reported when "
    "its handle is destroyed") {
  test::CapturedStderr captured;
  {
    mtaio::TaskExecutor executor;
    std::optional<mtaio::TaskHandle<void>> handle;
    mtaio::run(create_and_end(executor, handle), {.threads = 1});
    REQUIRE(handle);
    CHECK(handle->done());
  }
  CHECK(captured.text().empty());
}

namespace {

mtaio::Task<void> poll_until_stopped() {
  const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
  while (!stop.stop_requested()) std::this_thread::yield();
  throw mtaio::CancelledError{};
}
mtaio::Task<void> create_and_poll() {
  mtaio::TaskExecutor executor;
  const auto handle = executor.create_task(poll_until_stopped());
  while (!handle.done()) std::this_thread::yield();
  co_return;
}
void create_and_poll_in_a_run() { mtaio::run(create_and_poll(), {.threads = 2}); }

}  // namespace

TEST_CASE(
    "create_task: a task in a nested run that polls, and stops because the outer time is over, is "
    "not reported") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto outcome = co_await outcome_of(
        executor.run(executor.run_in_thread(&create_and_poll_in_a_run), {.timeout = 5ms}));
  });
  CHECK(text.empty());
}
