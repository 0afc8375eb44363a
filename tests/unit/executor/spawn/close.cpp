#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::give_now;
using test::outcome_of;
using test::threw;
using test::wait_until_stopped;

namespace {}  // namespace

namespace {

TASK_TEST_CASE("close: stops the tasks that create_task left running, and waits for them") {
  mtaio::TaskExecutor executor;
  bool stopped = false;
  const auto handle = executor.create_task(wait_until_stopped(stopped));
  co_await mtaio::sleep(0s);

  co_await executor.close();

  CHECK(stopped);
}

TASK_TEST_CASE("close: may be awaited again, and the destructor has nothing left to do") {
  mtaio::TaskExecutor executor;
  co_await executor.close();
  co_await executor.close();
  co_await executor.cancel_all();
}

TASK_TEST_CASE("close: after it, using the executor is a logic_error, and nothing starts") {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(give_now(1));
  const auto numbers = std::views::iota(0, 3);
  const auto plain = [](int) { FAIL("started"); };
  using mtaio::return_exceptions;
  using test::throws;
  co_await executor.close();

  CHECK(throws<std::logic_error>([&] { (void)executor.run(give_now(1)); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.gather(tasks); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.gather(give_now(1), give_now(2)); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.gather(return_exceptions, tasks); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.gather(return_exceptions, give_now(1)); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.map(give_now, numbers); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.map(plain, numbers); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.map(std::plus<>{}, numbers, numbers); }));
  CHECK(
      throws<std::logic_error>([&] { (void)executor.map(return_exceptions, give_now, numbers); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.run_in_thread([] { FAIL("started"); }); }));
  CHECK(throws<std::logic_error>([&] { (void)executor.create_task(give_now(1)); }));
}

TASK_TEST_CASE("close: leaves a gather that runs already alone") {
  mtaio::TaskExecutor executor;
  const auto wait_for = [](mtaio::Latch& latch) -> mtaio::Task<bool> {
    co_return co_await latch.wait();
  };
  const auto close = [](mtaio::TaskExecutor& of, mtaio::Latch& latch) -> mtaio::Task<void> {
    co_await of.close();
    latch.count_down();
  };
  mtaio::Latch closed{1};

  const auto [waited, done] = co_await executor.gather(wait_for(closed), close(executor, closed));

  CHECK(waited);
}

TASK_TEST_CASE(
    "close: an operation made before and awaited after it is a logic_error, and nothing starts") {
  mtaio::TaskExecutor executor;
  const auto plain = [](int) { FAIL("started"); };
  auto run = executor.run(give_now(1));
  auto gather = executor.gather(give_now(1));
  auto map = executor.map(plain, std::views::iota(0, 3));
  auto in_thread = executor.run_in_thread(plain, 1);
  co_await executor.close();

  const auto ran = co_await outcome_of(std::move(run));
  const auto gathered = co_await outcome_of(std::move(gather));
  const auto mapped = co_await outcome_of(std::move(map));
  const auto called = co_await outcome_of(std::move(in_thread));

  CHECK(threw<std::logic_error>(ran));
  CHECK(threw<std::logic_error>(gathered));
  CHECK(threw<std::logic_error>(mapped));
  CHECK(threw<std::logic_error>(called));
}

}  // namespace
