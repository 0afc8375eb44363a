#include "unit/queue/queue_test_case.hpp"

#include <vector>

namespace {

TASK_TEST_CASE("queue: items come out in the order in which they were put") {
  mtaio::AsyncQueue<int> queue;
  for (int i = 0; i < 100; ++i) co_await queue.put(i);
  for (int i = 0; i < 100; ++i) CHECK(co_await queue.get() == i);
  CHECK(queue.empty());
}

TASK_TEST_CASE("queue: puts and gets in turn keep the order") {
  mtaio::AsyncQueue<int> queue;
  int put = 0;
  int got = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 3; ++i) co_await queue.put(put++);
    for (int i = 0; i < 2; ++i) CHECK(co_await queue.get() == got++);
  }
  while (auto item = queue.try_get()) CHECK(*item == got++);
  CHECK(got == put);
}

TASK_TEST_CASE("LIFO queue: the last item put comes out first") {
  mtaio::LIFOQueue<int> queue;
  for (int i = 0; i < 100; ++i) co_await queue.put(i);
  for (int i = 99; i >= 50; --i) CHECK(co_await queue.get() == i);
  co_await queue.put(1000);
  CHECK(co_await queue.get() == 1000);
  CHECK(co_await queue.get() == 49);
}

QUEUE_TEST_CASE("queue: next() gives the same item as get()") {
  Queue<int> queue;
  co_await queue.put(7);
  const std::optional<int> item = co_await queue.next();
  CHECK(item == 7);
}

QUEUE_TEST_CASE("queue: try_get() takes an item, or nothing when there is none") {
  Queue<int> queue;
  CHECK_FALSE(queue.try_get().has_value());
  co_await queue.put(7);
  CHECK(queue.try_get() == 7);
  CHECK_FALSE(queue.try_get().has_value());
}

QUEUE_TEST_CASE("queue: try_put() and try_get() work outside tasks") {
  Queue<int> queue{1};
  int item = 3;
  std::optional<int> got;
  const auto plain = [&queue, &item, &got] {
    CHECK(queue.try_put(item));
    CHECK_FALSE(queue.try_put(item));
    got = queue.try_get();
  };
  plain();
  CHECK(got == 3);
  co_return;
}

QUEUE_TEST_CASE("queue: an operation does nothing before it is awaited") {
  Queue<int> queue;
  auto put = queue.put(1);
  auto get = queue.get();
  CHECK(queue.empty());
  co_await std::move(put);
  CHECK(queue.qsize() == 1);
  CHECK(co_await std::move(get) == 1);
}

QUEUE_TEST_CASE("queue: an operation that is never awaited has no effect") {
  Queue<int> queue{1};
  {
    [[maybe_unused]] auto put = queue.put(1);
    [[maybe_unused]] auto get = queue.get();
    [[maybe_unused]] auto join = queue.join();
  }
  CHECK(queue.empty());
  co_return;
}

}  // namespace
