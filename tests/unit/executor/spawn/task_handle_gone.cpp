/// A handle that goes while other tasks await it: they keep what they wait for.
#include <mtaio/core.hpp>

#include "support/captured_stderr.hpp"
#include "support/counted.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using test::Counted;
using test::occurrences;
using test::outcome_of;
using test::stderr_of;
using test::threw;

namespace {

mtaio::Task<Counted> give_behind(mtaio::Latch& latch, int value) {
  co_await latch.wait();
  co_return Counted{value};
}
mtaio::Task<void> fail_behind(mtaio::Latch& latch) {
  co_await latch.wait();
  throw std::runtime_error{"disk full"};
}
mtaio::Task<int> give_after(mtaio::Timeout time, int value) {
  co_await mtaio::sleep(time);
  co_return value;
}
mtaio::Task<void> fail_after(mtaio::Timeout time, std::atomic<int>& failed) {
  co_await mtaio::sleep(time);
  ++failed;
  throw std::runtime_error{"disk full"};
}
template <class T>
mtaio::Task<T> wait_for(std::optional<mtaio::TaskHandle<T>>& handle) {
  co_return co_await *handle;
}
mtaio::Task<int> value_of(std::optional<mtaio::TaskHandle<Counted>>& handle) {
  const Counted counted = co_await *handle;
  co_return counted.value();
}
/// Says when it is interested in the task, from where on the handle may go.
template <class T>
mtaio::Task<T> wait_and_say(std::optional<mtaio::TaskHandle<T>>& handle, std::atomic<bool>& said) {
  auto awaiting = handle->operator co_await();
  said = true;
  co_return co_await awaiting;
}
/// Lets the ready tasks run until they wait.
mtaio::Task<void> let_others_run() {
  for (int i = 0; i < 4; ++i) co_await mtaio::sleep(0s);
}

TASK_TEST_CASE(
    "TaskHandle: a task that awaits a handle gets its result when the handle is destroyed") {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{1};
  std::optional handle{executor.create_task(give_behind(latch, 5))};
  auto waiting = executor.create_task(value_of(handle));
  co_await let_others_run();

  handle.reset();
  latch.count_down();

  CHECK(co_await waiting == 5);
  CHECK(Counted::alive() == 0);
}

TASK_TEST_CASE(
    "TaskHandle: a task that awaits a handle gets its result when the handle is replaced") {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{1};
  mtaio::Latch other_latch{1};
  std::optional handle{executor.create_task(give_behind(latch, 5))};
  auto waiting = executor.create_task(value_of(handle));
  co_await let_others_run();

  handle = executor.create_task(give_behind(other_latch, 6));
  latch.count_down();
  const int first = co_await waiting;
  other_latch.count_down();

  CHECK(first == 5);
  CHECK((co_await *handle).value() == 6);
}

TASK_TEST_CASE(
    "TaskHandle: a handle destroyed between the end of the task and its awaiter's turn") {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{1};
  std::optional handle{executor.create_task(give_behind(latch, 5))};
  auto waiting = executor.create_task(value_of(handle));
  co_await let_others_run();
  latch.count_down();
  co_await mtaio::sleep(0s);  // the task has ended, and what waits for it is ready

  CHECK(handle->done());
  CHECK_FALSE(waiting.done());
  handle.reset();

  CHECK(co_await waiting == 5);
  CHECK(Counted::alive() == 0);
}

TASK_TEST_CASE("TaskHandle: a handle destroyed while a task of another runtime awaits it") {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{1};
  std::optional handle{executor.create_task(give_behind(latch, 5))};
  std::atomic<bool> waits = false;
  std::atomic<int> value = 0;
  const auto wait_there = [](auto& of, std::atomic<bool>& flag) -> mtaio::Task<int> {
    const auto awaiting = [](auto& which) -> mtaio::Task<int> { return value_of(which); };
    mtaio::TaskExecutor there;
    auto result = there.create_task(awaiting(of));
    co_await let_others_run();
    flag = true;
    co_return co_await result;
  };
  std::jthread other{[&] { value = mtaio::run(wait_there(handle, waits), {.threads = 1}); }};
  while (!waits) co_await mtaio::sleep(0s);

  handle.reset();
  latch.count_down();
  while (value == 0) co_await mtaio::sleep(0s);
  other.join();

  CHECK(value == 5);
  CHECK(Counted::alive() == 0);
}

TASK_TEST_CASE(
    "TaskHandle: the result of a task is destroyed with the last object that could take it") {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{1};
  std::optional handle{executor.create_task(give_behind(latch, 5))};
  {
    auto waiting = executor.create_task(value_of(handle));
    co_await let_others_run();
    waiting.request_stop();
    latch.count_down();
    co_await outcome_of(std::move(waiting));
  }
  CHECK(handle->done());
  CHECK(Counted::alive() == 1);
  handle.reset();
  CHECK(Counted::alive() == 0);
}

TASK_TEST_CASE(
    "TaskHandle: cancel_all() waits for the result of a task that nothing waits for to go") {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{1};
  std::optional handle{executor.create_task(give_behind(latch, 5))};
  auto waiting = executor.create_task(value_of(handle));
  co_await let_others_run();
  handle.reset();
  waiting.request_stop();
  co_await outcome_of(std::move(waiting));

  latch.count_down();
  co_await executor.cancel_all();

  CHECK(Counted::alive() == 0);
}

TEST_CASE("create_task: a failure that an awaiter took after the handle went is not reported") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    mtaio::Latch latch{1};
    std::optional handle{executor.create_task(fail_behind(latch))};
    auto waiting = executor.create_task(wait_for(handle));
    co_await let_others_run();
    handle.reset();
    latch.count_down();
    CHECK(threw<std::runtime_error>(co_await outcome_of(std::move(waiting))));
  });
  CHECK(text.empty());
}

TEST_CASE("create_task: a failure is reported once when its awaiter was cancelled before it") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    mtaio::Latch latch{1};
    std::optional handle{executor.create_task(fail_behind(latch))};
    auto waiting = executor.create_task(wait_for(handle));
    co_await let_others_run();
    handle.reset();
    waiting.request_stop();
    CHECK(threw<mtaio::CancelledError>(co_await outcome_of(std::move(waiting))));
    latch.count_down();
    co_await let_others_run();
  });
  CHECK(occurrences(text, "disk full") == 1);
}

TEST_CASE("create_task: a failure is reported once when its awaiter is cancelled as it happens") {
  const std::string text = stderr_of([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    mtaio::Latch latch{1};
    std::optional handle{executor.create_task(fail_behind(latch))};
    auto waiting = executor.create_task(wait_for(handle));
    co_await let_others_run();
    handle.reset();
    latch.count_down();      // first the task ends,
    waiting.request_stop();  // then the awaiter finds that it was cancelled
    CHECK(threw<mtaio::CancelledError>(co_await outcome_of(std::move(waiting))));
    co_await let_others_run();
  });
  CHECK(occurrences(text, "disk full") == 1);
}

TASK_TEST_CASE("races: the end of a task and the end of its handle, while another task awaits it",
               3) {
  mtaio::TaskExecutor executor;
  for (int round = 0; round < 2'000; ++round) {
    std::optional handle{executor.create_task(give_after(0s, round))};
    std::atomic<bool> waits = false;
    auto waiting = executor.create_task(wait_and_say(handle, waits));
    while (!waits) co_await mtaio::sleep(0s);
    if (round % 2 == 0) co_await mtaio::sleep(0s);
    handle.reset();
    CHECK(co_await waiting == round);
  }
}

TEST_CASE(
    "races: the end of a task, of its handle and of the timeout of the task that awaits it: a "
    "failure is taken, or reported once") {
  int given_up = 0;
  test::CapturedStderr captured;
  const auto test = [](int& missed) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    std::atomic<int> failed = 0;
    for (int round = 0; round < 1'000; ++round) {
      const std::chrono::microseconds pause{round % 50};
      std::optional handle{executor.create_task(fail_after(pause, failed))};
      std::atomic<bool> waits = false;
      auto waiting = executor.create_task(wait_and_say(handle, waits));
      while (!waits) co_await mtaio::sleep(0s);
      co_await mtaio::sleep(std::chrono::microseconds{round % 40});
      if (round % 2 == 0) handle.reset();
      waiting.request_stop();
      handle.reset();
      const auto outcome = co_await outcome_of(std::move(waiting));
      missed += threw<mtaio::CancelledError>(outcome) ? 1 : 0;
    }
    while (failed < 1'000) co_await mtaio::sleep(0s);  // not asked to stop before they fail
  };
  mtaio::run(test(given_up), {.threads = 3});
  CHECK(occurrences(captured.text(), "disk full") == static_cast<std::size_t>(given_up));
}

}  // namespace
