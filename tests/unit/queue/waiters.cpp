#include "unit/queue/queue_test_case.hpp"

#include <vector>

namespace {

using mtaio::TaskHandle;
using test::get_from;
using test::put_into;

QUEUE_TEST_CASE("queue: waiting getters are served first come, first served") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  std::vector<TaskHandle<int>> getters;
  for (int i = 0; i < 10; ++i) {
    getters.push_back(executor.create_task(get_from(queue)));
    co_await test::let_others_run();
  }
  for (int i = 0; i < 10; ++i) co_await queue.put(i);
  for (int i = 0; i < 10; ++i) CHECK(co_await getters[static_cast<std::size_t>(i)] == i);
}

QUEUE_TEST_CASE("queue: waiting putters are served first come, first served") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(0);
  std::vector<TaskHandle<void>> putters;
  for (int i = 1; i <= 10; ++i) {
    putters.push_back(executor.create_task(put_into(queue, i)));
    co_await test::let_others_run();
  }
  for (int i = 0; i <= 10; ++i) CHECK(co_await queue.get() == i);
  for (auto& putter : putters) co_await putter;
}

QUEUE_TEST_CASE("queue: get() and next() wait in one line") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto first = executor.create_task(test::next_from(queue));
  auto second = executor.create_task(get_from(queue));
  auto third = executor.create_task(test::next_from(queue));
  co_await test::let_others_run();
  for (int i = 1; i <= 3; ++i) co_await queue.put(i);
  CHECK(co_await first == 1);
  CHECK(co_await second == 2);
  CHECK(co_await third == 3);
}

QUEUE_TEST_CASE("queue: a put on a full queue does not overtake waiting ones") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto first = executor.create_task(put_into(queue, 2));
  co_await test::let_others_run();

  // The room that the get makes belongs to the one that waits, although it has not been resumed
  // yet.
  CHECK(co_await queue.get() == 1);
  auto second = executor.create_task(put_into(queue, 3));
  CHECK(queue.full());
  CHECK(co_await queue.get() == 2);
  CHECK(co_await queue.get() == 3);
  co_await first;
  co_await second;
}

QUEUE_TEST_CASE("queue: try_put() does not overtake a waiting put") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto waiting = executor.create_task(put_into(queue, 2));
  co_await test::let_others_run();

  CHECK(co_await queue.get() == 1);
  int late = 3;
  CHECK_FALSE(queue.try_put(late));
  CHECK(co_await queue.get() == 2);
  co_await waiting;
}

QUEUE_TEST_CASE("queue: a get does not overtake waiting ones") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto waiting = executor.create_task(get_from(queue));
  co_await test::let_others_run();

  co_await queue.put(1);
  CHECK_FALSE(queue.try_get().has_value());
  CHECK(queue.empty());
  CHECK(co_await waiting == 1);
}

QUEUE_TEST_CASE("queue: try_get() makes room for a waiting put") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto waiting = executor.create_task(put_into(queue, 2));
  co_await test::let_others_run();
  CHECK(queue.try_get() == 1);
  co_await waiting;
  CHECK(queue.try_get() == 2);
}

QUEUE_TEST_CASE("queue: try_put() serves a waiting get") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  auto waiting = executor.create_task(get_from(queue));
  co_await test::let_others_run();
  int item = 5;
  CHECK(queue.try_put(item));
  CHECK(queue.empty());
  CHECK(co_await waiting == 5);
}

/// Puts the next number, whichever of these tasks comes first.
mtaio::Task<void> put_next(mtaio::AsyncQueue<int>& queue, int& next) { co_await queue.put(next++); }

TASK_TEST_CASE("queue: a task that only gets serves every one of many waiting putters") {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue{3};
  std::vector<TaskHandle<void>> putters;
  constexpr int kPutters = 1000;
  int next = 0;
  for (int i = 0; i < kPutters; ++i) putters.push_back(executor.create_task(put_next(queue, next)));
  for (int i = 0; i < kPutters; ++i) CHECK(co_await queue.get() == i);
  for (auto& putter : putters) co_await putter;
  CHECK(queue.empty());
}

}  // namespace
