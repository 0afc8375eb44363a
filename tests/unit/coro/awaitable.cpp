#include <mtaio/awaitable.hpp>

#include <mtaio/latch.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/this_task.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <coroutine>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using mtaio::await_result_t;
using mtaio::Awaitable;
using mtaio::Task;

/// An awaiter.
struct Five {
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] int await_resume() const noexcept { return 5; }
};
/// One with a member operator.
struct MemberFive {
  Five operator co_await() const noexcept { return {}; }
};
/// One with a free operator.
struct FreeFive {};
Five operator co_await(FreeFive) noexcept { return {}; }
/// One that wants to be an rvalue.
struct RvalueFive {
  Five operator co_await() && noexcept { return {}; }
};
/// One that suspends and is resumed from within.
struct Bounce {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  void await_resume() const noexcept {}
};

static_assert(Awaitable<Task<int>>);
static_assert(Awaitable<Five> && Awaitable<Five&> && Awaitable<MemberFive> && Awaitable<FreeFive>);
static_assert(Awaitable<RvalueFive> && !Awaitable<RvalueFive&>);
static_assert(Awaitable<mtaio::Sleep> && Awaitable<mtaio::Latch::Wait>);
static_assert(!Awaitable<int> && !Awaitable<std::string> && !Awaitable<int (*)()>);
static_assert(std::is_same_v<await_result_t<Five>, int>);
static_assert(std::is_same_v<await_result_t<MemberFive>, int>);
static_assert(std::is_same_v<await_result_t<FreeFive>, int>);
static_assert(std::is_same_v<await_result_t<RvalueFive>, int>);
static_assert(std::is_same_v<await_result_t<Task<std::unique_ptr<int>>>, std::unique_ptr<int>>);
static_assert(std::is_void_v<await_result_t<mtaio::Sleep>>);
static_assert(std::is_same_v<await_result_t<mtaio::Latch::Wait>, bool>);

TASK_TEST_CASE("awaitable: a task awaits awaitables of other people's") {
  CHECK(co_await Five{} == 5);
  CHECK(co_await MemberFive{} == 5);
  CHECK(co_await FreeFive{} == 5);
  CHECK(co_await RvalueFive{} == 5);
  co_await Bounce{};
}

TEST_CASE("awaitable: run() runs any of them") {
  CHECK(mtaio::run(Five{}) == 5);
  CHECK(mtaio::run(RvalueFive{}) == 5);
  CHECK(mtaio::run(FreeFive{}) == 5);
  MemberFive lvalue;
  CHECK(mtaio::run(lvalue) == 5);
}

/// A foreign coroutine: it starts immediately and belongs to no runtime.
struct Foreign {
  struct promise_type {
    Foreign get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

Task<int> add(int a, int b) { co_return a + b; }

TEST_CASE("awaitable: a foreign coroutine may await a task") {
  int sum = 0;
  const auto ask = [](int& into) -> Foreign { into = co_await add(1, 2); };
  ask(sum);
  CHECK(sum == 3);
}

TEST_CASE("awaitable: to wait outside a runtime is std::logic_error") {
  std::string message;
  const auto wait = [](std::string& into) -> Foreign {
    try {
      co_await mtaio::sleep(std::chrono::seconds{1});
    } catch (const std::logic_error& error) {
      into = error.what();
    }
  };
  wait(message);
  CHECK(message.find("mtaio::run()") != std::string::npos);
}

TEST_CASE("awaitable: gather() outside a runtime is std::logic_error, and its tasks do not start") {
  std::string message;
  bool started = false;
  const auto start = [](bool& noted) -> Task<void> {
    noted = true;
    co_return;
  };
  const auto gather = [](Task<void> task, std::string& into) -> Foreign {
    try {
      mtaio::TaskExecutor executor;
      co_await executor.gather(std::move(task));
    } catch (const std::logic_error& error) {
      into = error.what();
    }
  };
  gather(start(started), message);
  CHECK(message.find("mtaio::run()") != std::string::npos);
  CHECK_FALSE(started);
}

TEST_CASE(
    "awaitable: outside a runtime, operations that need not wait work, and the stop token never "
    "stops") {
  bool opened = false;
  bool possible = true;
  const auto look = [](bool& open, bool& stoppable) -> Foreign {
    mtaio::Latch latch{0};
    open = co_await latch.wait();
    const auto token = co_await mtaio::this_task::stop_token();
    stoppable = token.stop_possible();
  };
  look(opened, possible);
  CHECK(opened);
  CHECK_FALSE(possible);
}

}  // namespace
