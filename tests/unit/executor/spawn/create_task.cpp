#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::fail;
using test::give;
using test::give_move_only;
using test::give_reference;
using test::message_of;
using test::on_one_thread;
using test::outcome_of;
using test::set;
using test::threw;

namespace {}  // namespace

namespace {

TASK_TEST_CASE("create_task: the task runs without being awaited") {
  mtaio::TaskExecutor executor;
  bool ran = false;

  const auto handle = executor.create_task(set(ran));
  const bool before = ran;
  co_await mtaio::sleep(0s);

  CHECK_FALSE(before);  // never inside the call
  CHECK(ran);
  CHECK(handle.done());
}

TASK_TEST_CASE("create_task: co_await handle gives the result, whether the task has ended or not") {
  mtaio::TaskExecutor executor;
  int variable = 0;
  bool ran = false;
  auto early = executor.create_task(give(1));
  auto late = executor.create_task(give(2));
  auto owned = executor.create_task(give_move_only(3));
  auto reference = executor.create_task(give_reference(variable));
  auto nothing = executor.create_task(set(ran));

  const int first = co_await early;
  while (!late.done()) co_await mtaio::sleep(0s);
  const int second = co_await late;
  const std::unique_ptr<int> third = co_await std::move(owned);
  int& fourth = co_await reference;
  co_await nothing;

  CHECK(first == 1);
  CHECK(second == 2);
  CHECK(*third == 3);
  CHECK(&fourth == &variable);
  CHECK(ran);
}

TASK_TEST_CASE("create_task: the task's exception is thrown by co_await handle, as it is") {
  mtaio::TaskExecutor executor;

  const auto outcome = co_await outcome_of(executor.create_task(fail("broken")));

  CHECK(threw<std::runtime_error>(outcome));
  CHECK_FALSE(threw<mtaio::ExecutionError>(outcome));
  CHECK(message_of(outcome.error()) == "broken");
}

TASK_TEST_CASE("create_task: a task is not stopped by the stop of the task that created it") {
  mtaio::TaskExecutor executor;
  mtaio::Latch go_on{1};
  std::optional<mtaio::TaskHandle<bool>> inner;
  const auto wait = [](mtaio::Latch& latch) -> mtaio::Task<bool> {
    co_return co_await latch.wait();
  };
  const auto create = [](mtaio::TaskExecutor& of, auto task, auto& handle,
                         mtaio::Latch& latch) -> mtaio::Task<void> {
    handle.emplace(of.create_task(task(latch)));
    co_await mtaio::sleep(1h);
  };
  auto outer = executor.create_task(create(executor, wait, inner, go_on));
  co_await mtaio::sleep(0s);

  outer.request_stop();
  const auto outcome = co_await outcome_of(std::move(outer));
  go_on.count_down();
  const bool result = co_await *inner;

  CHECK(threw<mtaio::CancelledError>(outcome));
  CHECK(result);
}

TEST_CASE("create_task: outside a task it is a logic_error, and so is an empty task") {
  mtaio::TaskExecutor executor;
  CHECK_THROWS_AS((void)executor.create_task(give(1)), std::logic_error);
  on_one_thread([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor inside;
    CHECK_THROWS_AS((void)inside.create_task(mtaio::Task<int>{}), std::logic_error);
    co_return;
  });
}

TASK_TEST_CASE("create_task: a function in a thread may create tasks for the task that called it") {
  mtaio::TaskExecutor executor;
  const auto create = [&executor] { return executor.create_task(give(3)); };
  auto handle = co_await executor.run_in_thread(create);
  const int result = co_await handle;
  CHECK(result == 3);
}

TASK_TEST_CASE("create_task: many tasks on several threads each run once", 4) {
  mtaio::TaskExecutor executor;
  for (int round = 0; round < 50; ++round) {
    auto handles = test::many(100, [&](int i) { return executor.create_task(give(i)); });
    int sum = 0;
    for (auto& handle : handles) sum += co_await handle;
    CHECK(sum == 4950);
  }
}

}  // namespace
