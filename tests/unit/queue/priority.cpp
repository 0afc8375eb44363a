#include "support/throwing_move.hpp"
#include "unit/queue/queue_test_case.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TASK_TEST_CASE("priority queue: the lowest number comes out first") {
  mtaio::PriorityQueue<std::string> queue;
  co_await queue.put("normal", 2);
  co_await queue.put("urgent", 1);
  co_await queue.put("later", 2.5);
  const std::string first = co_await queue.get();
  const std::string second = co_await queue.get();
  const std::string third = co_await queue.get();
  CHECK(first == "urgent");
  CHECK(second == "normal");
  CHECK(third == "later");
}

TASK_TEST_CASE(
    "priority queue: items of equal priority come out in the order in which they were put") {
  mtaio::PriorityQueue<int> queue;
  for (int i = 0; i < 100; ++i) co_await queue.put(i, 5);
  for (int i = 0; i < 100; ++i) CHECK(co_await queue.get() == i);
}

TASK_TEST_CASE("priority queue: the priority is 0 unless one is given") {
  mtaio::PriorityQueue<int> queue;
  int item = 4;
  co_await queue.put(3, 0.5);
  co_await queue.put(2);
  CHECK(queue.try_put(item));
  co_await queue.put(1, -0.5);
  CHECK(co_await queue.get() == 1);
  CHECK(co_await queue.get() == 2);
  CHECK(co_await queue.get() == 4);
  CHECK(co_await queue.get() == 3);
}

TASK_TEST_CASE("priority queue: negative and infinite priorities are fine") {
  mtaio::PriorityQueue<int> queue;
  int last = 6;
  co_await queue.put(5, kInfinity);
  co_await queue.put(2, -1e300);
  co_await queue.put(4, std::numeric_limits<double>::max());
  co_await queue.put(3, std::numeric_limits<double>::denorm_min());
  co_await queue.put(1, -kInfinity);
  CHECK(queue.try_put(last, kInfinity));
  for (int i = 1; i <= 6; ++i) CHECK(co_await queue.get() == i);
}

TASK_TEST_CASE("priority queue: zero and minus zero are the same priority") {
  mtaio::PriorityQueue<int> queue;
  co_await queue.put(1, 0.0);
  co_await queue.put(2, -0.0);
  co_await queue.put(3, 0.0);
  for (int i = 1; i <= 3; ++i) CHECK(co_await queue.get() == i);
}

TASK_TEST_CASE("priority queue: NaN is std::invalid_argument, at the call, and puts nothing") {
  mtaio::PriorityQueue<std::string> queue;
  std::string item = "item";
  CHECK_THROWS_AS((void)queue.put("never", kNaN), std::invalid_argument);
  CHECK_THROWS_AS((void)queue.put("never", -kNaN), std::invalid_argument);
  CHECK_THROWS_AS((void)queue.try_put(item, kNaN), std::invalid_argument);
  CHECK(item == "item");
  CHECK(queue.empty());
  co_await queue.join();
}

TASK_TEST_CASE(
    "priority queue: NaN is refused by a full queue and by one that was shut down, too") {
  mtaio::PriorityQueue<int> queue{1};
  int item = 1;
  co_await queue.put(1);
  CHECK_THROWS_AS((void)queue.try_put(item, kNaN), std::invalid_argument);
  queue.shutdown();
  CHECK_THROWS_AS((void)queue.try_put(item, kNaN), std::invalid_argument);
}

TASK_TEST_CASE(
    "priority queue: an item that had to wait for room has the priority it was put with") {
  mtaio::TaskExecutor executor;
  mtaio::PriorityQueue<int> queue{2};
  co_await queue.put(3, 30);
  co_await queue.put(2, 20);
  const auto put_urgent = [](mtaio::PriorityQueue<int>& to) -> mtaio::Task<void> {
    co_await to.put(1, 10);
  };
  auto putter = executor.create_task(put_urgent(queue));
  co_await test::let_others_run();
  CHECK(co_await queue.get() == 2);
  CHECK(co_await queue.get() == 1);
  CHECK(co_await queue.get() == 3);
  co_await putter;
}

TASK_TEST_CASE(
    "priority queue: items that come back from getters that waited for them are in their old "
    "order") {
  using test::ThrowingMove;
  constexpr int kItems = 10;
  mtaio::TaskExecutor executor;
  mtaio::PriorityQueue<ThrowingMove> queue;
  const auto get_in_vain = [](mtaio::PriorityQueue<ThrowingMove>& from) -> mtaio::Task<void> {
    CHECK_THROWS_AS((void)co_await from.get(), test::MoveFailed);
    ThrowingMove::fail_after(0);  // for the next one
  };
  std::vector<mtaio::TaskHandle<void>> getters;
  for (int i = 0; i < kItems; ++i) getters.push_back(executor.create_task(get_in_vain(queue)));
  co_await test::let_others_run();
  for (int i = 0; i < kItems; ++i) co_await queue.put(ThrowingMove{i});
  ThrowingMove::fail_after(0);
  for (auto& getter : getters) co_await getter;
  ThrowingMove::never_fail();
  for (int i = 0; i < kItems; ++i) {
    const ThrowingMove item = co_await queue.get();
    CHECK(item.value() == i);
  }
}

TASK_TEST_CASE(
    "priority queue: sorts items that are put and got in any order, as a stable sort does") {
  std::mt19937 random{1};
  for (int round = 0; round < 50; ++round) {
    mtaio::PriorityQueue<int> queue;
    std::vector<std::pair<double, int>> expected;
    for (int i = 0; i < 200; ++i) {
      if (random() % 3 != 0 || expected.empty()) {
        const double priority = static_cast<double>(random() % 10) - 5;
        co_await queue.put(i, priority);
        expected.emplace_back(priority, i);
      } else {
        // The first of the smallest: the order of put decides between equal ones.
        const auto first =
            std::ranges::min_element(expected, {}, [](const auto& item) { return item.first; });
        CHECK(co_await queue.get() == first->second);
        expected.erase(first);
      }
    }
    std::ranges::sort(expected);  // by priority, then by the order of put
    for (const auto& item : expected) CHECK(co_await queue.get() == item.second);
    CHECK(queue.empty());
  }
}

}  // namespace
