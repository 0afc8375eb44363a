#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <coroutine>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using test::as;
using test::give;
using test::give_move_only;
using test::give_reference;
using test::outcome_of;
using test::threw;

namespace {

mtaio::Task<std::string> greet(std::string name) { co_return "hello " + name; }
mtaio::Task<void> note(std::vector<int>& notes, int value) {
  notes.push_back(value);
  co_return;
}
mtaio::Task<int> fail(std::string why) {
  co_await mtaio::sleep(0s);
  throw std::runtime_error{why};
}
mtaio::Task<void> wait_for_ever(bool& stopped) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    stopped = true;
    throw;
  }
}

/// Resumes its awaiter on a thread of its own.
struct OnAThread {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) const {
    thread = std::thread{[awaiting, &known = thread_is_known] {
      known.acquire();
      awaiting.resume();
    }};
    thread_is_known.release();
  }
  void await_resume() const noexcept {}
  std::thread& thread;
  std::binary_semaphore& thread_is_known;
};

TASK_TEST_CASE("gather: several awaitables give a tuple of their results") {
  mtaio::TaskExecutor executor;
  int variable = 0;
  std::vector<int> notes;

  auto [number, text, nothing, owned, reference] = co_await executor.gather(
      give(1), greet("world"), note(notes, 2), give_move_only(3), give_reference(variable));

  CHECK(number == 1);
  CHECK(text == "hello world");
  static_assert(std::is_same_v<decltype(nothing), std::monostate>);
  CHECK(notes == std::vector{2});
  CHECK(*owned == 3);
  CHECK(&reference == &variable);
}

TEST_CASE("gather: the tuple has the types of the results, with monostate for void") {
  mtaio::TaskExecutor executor;
  using Operation =
      decltype(executor.gather(std::declval<mtaio::Task<int>>(), std::declval<mtaio::Task<void>>(),
                               std::declval<mtaio::Task<int&>>()));
  static_assert(
      std::is_same_v<mtaio::await_result_t<Operation>, std::tuple<int, std::monostate, int&>>);
  using Outcomes =
      decltype(executor.gather(mtaio::return_exceptions, std::declval<mtaio::Task<int>>(),
                               std::declval<mtaio::Task<void>>()));
  static_assert(std::is_same_v<mtaio::await_result_t<Outcomes>,
                               std::tuple<mtaio::Outcome<int>, mtaio::Outcome<void>>>);
}

TASK_TEST_CASE("gather: one awaitable gives a tuple of one, none an empty tuple") {
  mtaio::TaskExecutor executor;

  const std::tuple<int> one = co_await executor.gather(give(1));
  const std::tuple<> none = co_await executor.gather();
  const std::tuple<> none_with_options = co_await executor.gather(mtaio::GatherOptions{.limit = 1});

  CHECK(one == std::tuple{1});
  CHECK(none == none_with_options);
}

TASK_TEST_CASE("gather: takes lvalue tasks, operations and handles next to each other") {
  mtaio::TaskExecutor executor;
  mtaio::Task<int> task = give(1);
  mtaio::TaskHandle<int> handle = executor.create_task(give(2));
  mtaio::TaskHandle<int> moved = executor.create_task(give(3));
  mtaio::AsyncQueue<int> queue;

  auto [a, b, c, put, got, slept] = co_await executor.gather(
      task, handle, std::move(moved), queue.put(4), queue.get(), mtaio::sleep(0s));

  CHECK(std::tuple{a, b, c, got} == std::tuple{1, 2, 3, 4});
  static_assert(std::is_same_v<decltype(put), std::monostate>);
  static_assert(std::is_same_v<decltype(slept), std::monostate>);
}

TASK_TEST_CASE(
    "gather: of several awaitables, the failure of one stops the others and is the cause of an "
    "ExecutionError") {
  mtaio::TaskExecutor executor;
  bool stopped = false;

  const auto outcome = co_await outcome_of(
      executor.gather(give(1), fail("connection refused"), wait_for_ever(stopped)));

  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(stopped);
  CHECK(error->index() == 1);
  CHECK(std::string{error->what()} == "task 1 of 3 failed: connection refused");
  CHECK(test::message_of(error->cause()) == "connection refused");
}

TASK_TEST_CASE("gather: of several awaitables, the last one fails as task N, like the others") {
  mtaio::TaskExecutor executor;
  const auto outcome = co_await outcome_of(executor.gather(greet("world"), fail("refused")));
  const auto* error = as<mtaio::ExecutionError>(outcome.error());
  REQUIRE(error);
  CHECK(error->index() == 1);
  CHECK(std::string{error->what()} == "task 1 of 2 failed: refused");
}

TASK_TEST_CASE("gather: of several awaitables, with return_exceptions, gives an outcome each") {
  mtaio::TaskExecutor executor;
  std::vector<int> notes;
  int variable = 0;

  auto [good, bad, nothing, owned, reference] =
      co_await executor.gather(mtaio::return_exceptions, give(1), fail("no"), note(notes, 2),
                               give_move_only(3), give_reference(variable));

  CHECK(good.value() == 1);
  CHECK_FALSE(bad.has_value());
  CHECK(test::message_of(bad.error()) == "no");
  CHECK_THROWS_AS(bad.value(), std::runtime_error);
  CHECK(nothing.has_value());
  CHECK(*owned.value() == 3);
  CHECK(&*reference == &variable);
}

TASK_TEST_CASE("gather: of several awaitables, takes options in front") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;
  bool stopped = false;

  const auto timed = co_await outcome_of(
      executor.gather(mtaio::GatherOptions{.timeout = 1ms}, give(1), wait_for_ever(stopped)));
  const auto [a, b] = co_await executor.gather(
      mtaio::return_exceptions, mtaio::GatherOptions{.task_timeout = 1ms, .progress = &progress},
      give(1), mtaio::sleep(1h));

  CHECK(threw<mtaio::TimeoutError>(timed));
  CHECK(stopped);
  CHECK(a.value() == 1);
  CHECK(threw<mtaio::TimeoutError>(b));
  CHECK(progress.done() == 2);
  CHECK(progress.failed() == 1);
}

TASK_TEST_CASE(
    "gather: of several awaitables, a task that was awaited before is a logic_error, and none "
    "starts") {
  mtaio::TaskExecutor executor;
  std::vector<int> notes;
  mtaio::Task<int> used = give(1);
  co_await used;

  const auto outcome = co_await outcome_of(executor.gather(note(notes, 1), std::move(used)));

  CHECK(threw<std::logic_error>(outcome));
  CHECK(notes.empty());
}

TASK_TEST_CASE("gather: all children run concurrently when they wait for each other") {
  mtaio::TaskExecutor executor;
  mtaio::Latch first{1};
  mtaio::Latch second{1};
  const auto meet = [](mtaio::Latch& mine, mtaio::Latch& theirs) -> mtaio::Task<void> {
    mine.count_down();
    co_await theirs.wait();
  };

  co_await executor.gather(meet(first, second), meet(second, first));

  CHECK(first.get_count() == 0);
}

TEST_CASE("gather: the children of a task that a foreign thread resumed run at home") {
  std::thread thread;
  std::binary_semaphore thread_is_known{0};
  const auto test = [](OnAThread elsewhere) -> mtaio::Task<void> {
    const auto where = []() -> mtaio::Task<std::thread::id> {
      co_return std::this_thread::get_id();
    };
    const std::thread::id home = std::this_thread::get_id();
    mtaio::TaskExecutor executor;
    co_await elsewhere;

    const auto [first, second] = co_await executor.gather(where(), where());

    CHECK(first == home);
    CHECK(second == home);
  };

  mtaio::run(test({thread, thread_is_known}), {.threads = 1});
  thread.join();
}

}  // namespace
