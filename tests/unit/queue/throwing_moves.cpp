#include <mtaio/exceptions.hpp>

#include "support/throwing_move.hpp"
#include "unit/queue/queue_test_case.hpp"

#include <unwind.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace {

using test::MoveFailed;
using test::ThrowingMove;

/// Every scenario is run with a failure at its first move, at its second, and so on, until nothing
/// fails any more.
constexpr int kMostMoves = 100;

/// What is left in the queue.
template <class Queue>
mtaio::Task<std::vector<int>> drain(Queue& queue) {
  std::vector<int> values;
  while (!queue.empty()) {
    const ThrowingMove item = co_await queue.get();
    values.push_back(item.value());
  }
  std::ranges::sort(values);
  co_return values;
}

template <class Queue>
void check_unfinished(Queue& queue, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) CHECK_NOTHROW(queue.task_done());
  CHECK_THROWS_AS(queue.task_done(), std::logic_error);
}

QUEUE_TEST_CASE(
    "queue: a get whose move throws leaves the item in the queue, and the counts right") {
  for (int moves = 0; moves < kMostMoves; ++moves) {
    Queue<ThrowingMove> queue{2};
    co_await queue.put(ThrowingMove{1});
    co_await queue.put(ThrowingMove{2});
    ThrowingMove::fail_after(moves);
    bool failed = false;
    int got = 0;
    try {
      const ThrowingMove item = co_await queue.get();
      got = item.value();
    } catch (const MoveFailed&) {
      failed = true;
    }
    const bool all_succeed = ThrowingMove::failure_ahead();
    ThrowingMove::never_fail();
    CHECK(failed == !all_succeed);
    CHECK(queue.qsize() == (failed ? 2 : 1));
    CHECK(queue.full() == failed);
    auto values = co_await drain(queue);
    if (!failed) values.push_back(got);
    std::ranges::sort(values);
    CHECK(values == std::vector<int>{1, 2});
    check_unfinished(queue, 2);
    if (all_succeed) break;
    REQUIRE(moves < kMostMoves - 1);
  }
  CHECK(ThrowingMove::alive() == 0);
}

QUEUE_TEST_CASE("queue: an item whose move out failed is the next one out") {
  Queue<ThrowingMove> queue;
  for (int i = 1; i <= 3; ++i) co_await queue.put(ThrowingMove{i});
  ThrowingMove::fail_after(0);
  int first = 0;
  CHECK_THROWS_AS((void)co_await queue.get(), MoveFailed);
  ThrowingMove::fail_after(0);
  CHECK_THROWS_AS((void)queue.try_get(), MoveFailed);
  ThrowingMove::fail_after(0);
  CHECK_THROWS_AS((void)co_await queue.next(), MoveFailed);
  ThrowingMove::never_fail();
  CHECK(queue.qsize() == 3);
  {
    const ThrowingMove item = co_await queue.get();
    first = item.value();
  }
  const bool is_lifo = std::is_same_v<Queue<int>, mtaio::LIFOQueue<int>>;
  CHECK(first == (is_lifo ? 3 : 1));
}

QUEUE_TEST_CASE("queue: a put whose move throws has not put, and the counts are right") {
  for (int moves = 0; moves < kMostMoves; ++moves) {
    Queue<ThrowingMove> queue{2};
    co_await queue.put(ThrowingMove{1});
    ThrowingMove::fail_after(moves);
    bool failed = false;
    try {
      co_await queue.put(ThrowingMove{2});
    } catch (const MoveFailed&) {
      failed = true;
    }
    const bool all_succeed = ThrowingMove::failure_ahead();
    ThrowingMove::never_fail();
    CHECK(failed == !all_succeed);
    CHECK(queue.qsize() == (failed ? 1 : 2));
    if (failed) co_await queue.put(ThrowingMove{2});
    CHECK(queue.full());
    const auto values = co_await drain(queue);
    CHECK(values == std::vector<int>{1, 2});
    check_unfinished(queue, 2);
    if (all_succeed) break;
    REQUIRE(moves < kMostMoves - 1);
  }
  CHECK(ThrowingMove::alive() == 0);
}

QUEUE_TEST_CASE("queue: a try_put whose move throws leaves the item with the caller") {
  Queue<ThrowingMove> queue{1};
  ThrowingMove item{1};
  ThrowingMove::fail_after(0);
  CHECK_THROWS_AS((void)queue.try_put(item), MoveFailed);
  ThrowingMove::never_fail();
  CHECK(item.value() == 1);
  CHECK(queue.empty());
  CHECK(queue.try_put(item));
  CHECK(queue.full());
  co_return;
}

QUEUE_TEST_CASE(
    "queue: whichever move throws between waiting putters and a getter, no item is lost") {
  // Of the three that wait one may fail with the move of its own item. Its item is not put; all
  // else is as if it had not come.
  for (int moves = 0; moves < kMostMoves; ++moves) {
    mtaio::TaskExecutor executor;
    Queue<ThrowingMove> queue{1};
    co_await queue.put(ThrowingMove{0});
    std::vector<mtaio::TaskHandle<void>> putters;
    for (int i = 1; i <= 3; ++i) {
      putters.push_back(executor.create_task(test::put_into(queue, ThrowingMove{i})));
    }
    co_await test::let_others_run();

    ThrowingMove::fail_after(moves);
    std::vector<int> expected{0};
    std::vector<int> got;
    int failures_of_gets = 0;
    for (int tries = 0; tries < 5 && (!queue.empty() || got.empty()); ++tries) {
      try {
        const ThrowingMove item = co_await queue.get();
        got.push_back(item.value());
      } catch (const MoveFailed&) {
        ++failures_of_gets;
      }
    }
    const bool all_succeed = ThrowingMove::failure_ahead();
    ThrowingMove::never_fail();
    int value = 0;
    for (auto& putter : putters) {
      ++value;
      try {
        co_await putter;
        expected.push_back(value);
      } catch (const MoveFailed&) {
        CHECK(failures_of_gets == 0);
      }
    }
    std::ranges::sort(got);
    CHECK(got == expected);
    CHECK(expected.size() + (all_succeed || failures_of_gets == 1 ? 0 : 1) == 4);
    CHECK(queue.empty());
    check_unfinished(queue, expected.size());
    if (all_succeed) break;
    REQUIRE(moves < kMostMoves - 1);
  }
  CHECK(ThrowingMove::alive() == 0);
}

QUEUE_TEST_CASE("queue: a waiting getter whose move throws leaves the item for the one behind it") {
  mtaio::TaskExecutor executor;
  Queue<ThrowingMove> queue;
  const auto value_from = [](Queue<ThrowingMove>& from) -> mtaio::Task<int> {
    const ThrowingMove item = co_await from.get();
    co_return item.value();
  };
  auto first = executor.create_task(value_from(queue));
  co_await test::let_others_run();
  auto second = executor.create_task(value_from(queue));
  co_await test::let_others_run();
  ThrowingMove item{1};
  CHECK(queue.try_put(item));
  ThrowingMove::fail_after(0);
  CHECK_THROWS_AS((void)co_await first, MoveFailed);
  ThrowingMove::never_fail();
  CHECK(co_await second == 1);
  CHECK(queue.empty());
}

QUEUE_TEST_CASE("queue: a shut down queue gives an item whose first move out failed") {
  Queue<ThrowingMove> queue;
  co_await queue.put(ThrowingMove{1});
  queue.shutdown();
  ThrowingMove::fail_after(0);
  CHECK_THROWS_AS((void)co_await queue.get(), MoveFailed);
  ThrowingMove::never_fail();
  {
    const ThrowingMove item = co_await queue.get();
    CHECK(item.value() == 1);
  }
  CHECK_THROWS_AS((void)co_await queue.get(), mtaio::QueueShutDown);
}

/// Its move out of the queue ends with an exception of another language.
struct Abroad {
  Abroad() = default;
  Abroad(Abroad&&) {  // NOLINT(*-noexcept-move*): that is what it is for
    if (!away) return;
    static _Unwind_Exception foreign{};
    foreign.exception_class = 0x4d54'4149'4f00'0000;
    (void)_Unwind_RaiseException(&foreign);
    std::abort();
  }
  static inline bool away = false;
};

QUEUE_TEST_CASE("queue: an exception of another language leaves the item where it was") {
  Queue<Abroad> queue{1};
  co_await queue.put(Abroad{});
  Abroad::away = true;
  bool passed = false;
  try {
    (void)queue.try_get();
  } catch (...) {
    passed = true;
  }
  Abroad more;
  CHECK(queue.qsize() == 1);
  Abroad::away = false;
  CHECK(passed);
  CHECK_FALSE(queue.try_put(more));
  CHECK(queue.try_get().has_value());
  CHECK(queue.try_put(more));
}

}  // namespace
