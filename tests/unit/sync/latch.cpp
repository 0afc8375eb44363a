#include <mtaio/latch.hpp>

#include <mtaio/task_executor.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::Latch;
using test::let_others_run;

mtaio::Task<bool> wait_for(Latch& latch) { co_return co_await latch.wait(); }

TASK_TEST_CASE("latch: a negative count is std::invalid_argument") {
  CHECK_THROWS_AS(Latch{-1}, std::invalid_argument);
  CHECK_THROWS_AS(Latch{std::numeric_limits<std::ptrdiff_t>::min()}, std::invalid_argument);
  co_return;
}

TASK_TEST_CASE("latch: zero is open from the start") {
  Latch latch{0};
  CHECK(latch.get_count() == 0);
  CHECK(co_await latch.wait());
  CHECK(co_await latch.wait(0s));
  CHECK(co_await latch.wait(1h));
}

TASK_TEST_CASE("latch: wait() returns true when the count has come down to zero") {
  mtaio::TaskExecutor executor;
  Latch latch{3};
  auto waiting = executor.create_task(wait_for(latch));
  for (std::size_t left = 3; left > 0; --left) {
    co_await let_others_run();
    CHECK(latch.get_count() == left);
    CHECK_FALSE(waiting.done());
    latch.count_down();
  }
  CHECK(co_await waiting);
  CHECK(latch.get_count() == 0);
}

TASK_TEST_CASE("latch: stays open once it is") {
  Latch latch{1};
  latch.count_down();
  CHECK(co_await latch.wait());
  CHECK(co_await latch.wait());
}

TASK_TEST_CASE("latch: count_down() takes effect at the call, awaited or not") {
  Latch latch{5};
  latch.count_down();
  CHECK(latch.get_count() == 4);
  auto result = latch.count_down();
  CHECK(latch.get_count() == 3);
  co_await result;
  CHECK(latch.get_count() == 3);
  co_await latch.count_down();
  CHECK(latch.get_count() == 2);
  co_await latch.count_down(2);
  CHECK(latch.get_count() == 0);
}

TASK_TEST_CASE("latch: count_down(n) takes n steps, and 0 is none") {
  Latch latch{10};
  latch.count_down(4);
  CHECK(latch.get_count() == 6);
  latch.count_down(0);
  CHECK(latch.get_count() == 6);
  CHECK_FALSE(co_await latch.wait(0s));
  latch.count_down(6);
  CHECK(co_await latch.wait(0s));
}

TASK_TEST_CASE("latch: counting below zero stays at zero") {
  mtaio::TaskExecutor executor;
  Latch latch{2};
  auto waiting = executor.create_task(wait_for(latch));
  co_await let_others_run();
  latch.count_down(5);
  CHECK(latch.get_count() == 0);
  CHECK(co_await waiting);
  latch.count_down();
  latch.count_down(std::numeric_limits<std::ptrdiff_t>::max());
  CHECK(latch.get_count() == 0);
  CHECK(co_await latch.wait());
}

TASK_TEST_CASE("latch: a negative step is std::invalid_argument and changes nothing") {
  Latch latch{2};
  CHECK_THROWS_AS(latch.count_down(-1), std::invalid_argument);
  CHECK_THROWS_AS(latch.count_down(std::numeric_limits<std::ptrdiff_t>::min()),
                  std::invalid_argument);
  CHECK(latch.get_count() == 2);
  co_return;
}

TASK_TEST_CASE("latch: the greatest count there is works") {
  constexpr auto kMost = std::numeric_limits<std::ptrdiff_t>::max();
  Latch latch{kMost};
  CHECK(latch.get_count() == static_cast<std::size_t>(kMost));
  latch.count_down(kMost - 1);
  CHECK_FALSE(co_await latch.wait(0s));
  latch.count_down();
  CHECK(co_await latch.wait());
}

mtaio::Task<void> note_when_open(Latch& latch, char name, std::string& order) {
  co_await latch.wait();
  order += name;
}

TASK_TEST_CASE(
    "latch: lets waiters through in the order in which they came, and not inside count_down()") {
  mtaio::TaskExecutor executor;
  Latch latch{1};
  std::string order;
  std::vector<mtaio::TaskHandle<void>> waiting;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    waiting.push_back(executor.create_task(note_when_open(latch, name, order)));
    co_await let_others_run();
  }
  latch.count_down();
  CHECK(order.empty());
  for (auto& one : waiting) co_await one;
  CHECK(order == "abcd");
}

TASK_TEST_CASE("latch: a wait does nothing before it is awaited") {
  Latch latch{1};
  auto wait = latch.wait();
  auto look = latch.wait(0s);
  latch.count_down();
  CHECK(co_await wait);
  CHECK(co_await look);
}

TEST_CASE("latch: may be used outside tasks, but for waiting") {
  Latch latch{2};
  latch.count_down(2);
  CHECK(latch.get_count() == 0);
}

}  // namespace
