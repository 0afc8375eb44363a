#include <mtaio/task.hpp>

#include <mtaio/sleep.hpp>

#include "support/coroutines.hpp"
#include "support/counted.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using mtaio::Task;
using test::give_now;
using test::set;

static_assert(!std::is_copy_constructible_v<Task<int>>);
static_assert(!std::is_copy_assignable_v<Task<int>>);
static_assert(std::is_nothrow_move_constructible_v<Task<int>>);
static_assert(std::is_nothrow_move_assignable_v<Task<int>>);
static_assert(std::is_same_v<Task<>, Task<void>>);

Task<int> give_later(int value) {
  co_await mtaio::sleep(std::chrono::seconds{0});
  co_return value;
}

TASK_TEST_CASE("task: nothing runs before it is awaited") {
  bool ran = false;
  auto task = set(ran);
  co_await mtaio::sleep(std::chrono::seconds{0});
  CHECK_FALSE(ran);
  co_await std::move(task);
  CHECK(ran);
}

TEST_CASE("task: a task that is never awaited never runs, and destroys its arguments") {
  const int alive_before = test::Counted::alive();
  bool ran = false;
  const auto keep = [](test::Counted, bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  {
    auto task = keep(test::Counted{1}, ran);
    CHECK(test::Counted::alive() == alive_before + 1);
  }
  CHECK_FALSE(ran);
  CHECK(test::Counted::alive() == alive_before);
}

TASK_TEST_CASE("task: gives its result, whether it had to wait or not") {
  CHECK(co_await give_now(1) == 1);
  CHECK(co_await give_later(2) == 2);
}

TASK_TEST_CASE("task: an lvalue may be awaited, too") {
  auto task = give_now(3);
  CHECK(co_await task == 3);
}

TASK_TEST_CASE("task: awaited a second time is std::logic_error") {
  auto task = give_now(1);
  CHECK(co_await task == 1);
  CHECK_THROWS_AS((void)co_await task, std::logic_error);
}

TASK_TEST_CASE("task: awaited after it was moved from is std::logic_error") {
  auto task = give_now(1);
  auto other = std::move(task);
  CHECK_THROWS_AS((void)co_await task, std::logic_error);  // NOLINT(bugprone-use-after-move)
  CHECK(co_await other == 1);
}

TASK_TEST_CASE(
    "task: a default-constructed one holds no task, and awaiting it is std::logic_error") {
  Task<int> task;
  CHECK_FALSE(static_cast<bool>(task));
  CHECK_THROWS_AS((void)co_await task, std::logic_error);
  task = give_now(4);
  CHECK(static_cast<bool>(task));
  CHECK(co_await task == 4);
  CHECK_FALSE(static_cast<bool>(task));
}

TEST_CASE("task: run() of a moved-from task is std::logic_error") {
  CHECK_THROWS_AS((void)mtaio::run(Task<int>{}), std::logic_error);
}

TEST_CASE("task: an assignment destroys the old coroutine, once") {
  const int alive_before = test::Counted::alive();
  const auto keep = [](test::Counted) -> Task<void> { co_return; };
  {
    auto task = keep(test::Counted{1});
    task = keep(test::Counted{2});
    task = Task<void>{};
  }
  CHECK(test::Counted::alive() == alive_before);
}

TASK_TEST_CASE("task: tasks may be stored and awaited in any order") {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(i % 2 == 0 ? give_now(i) : give_later(i));
  for (int i = 9; i >= 0; --i) CHECK(co_await tasks[static_cast<std::size_t>(i)] == i);
}

TASK_TEST_CASE("task: its arguments are destroyed when the co_await is over, and not before") {
  const int alive_before = test::Counted::alive();
  const auto count = [](test::Counted) -> Task<int> {
    co_await mtaio::sleep(std::chrono::seconds{0});
    co_return test::Counted::alive();
  };
  const int during = co_await count(test::Counted{1});
  CHECK(during >= alive_before + 1);
  CHECK(test::Counted::alive() == alive_before);
}

class Recorder {
 public:
  explicit Recorder(std::string& log, std::string name) : log_{log}, name_{std::move(name)} {}
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() { log_ += name_; }

 private:
  std::string& log_;
  std::string name_;
};

Task<void> inner(std::string& log) {
  const Recorder first{log, "1"};
  co_await mtaio::sleep(std::chrono::seconds{0});
  const Recorder second{log, "2"};
}

TASK_TEST_CASE("task: its variables are destroyed before the awaiting task continues") {
  std::string log;
  co_await inner(log);
  log += "x";
  CHECK(log == "21x");
}

}  // namespace
