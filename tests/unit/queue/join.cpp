#include <mtaio/exceptions.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <stdexcept>

namespace {

using test::join;
using test::let_others_run;

QUEUE_TEST_CASE("queue: join() returns immediately when nothing was ever put") {
  Queue<int> queue;
  co_await queue.join();
}

QUEUE_TEST_CASE("queue: join() waits until task_done() was called for every item") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  co_await queue.put(2);
  auto joining = executor.create_task(join(queue));

  (void)co_await queue.get();
  (void)co_await queue.get();
  co_await let_others_run();
  CHECK_FALSE(joining.done());  // taking the items out is not enough

  queue.task_done();
  co_await let_others_run();
  CHECK_FALSE(joining.done());

  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: all joiners are let through together") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  auto first = executor.create_task(join(queue));
  auto second = executor.create_task(join(queue));
  co_await let_others_run();
  (void)co_await queue.get();
  queue.task_done();
  co_await first;
  co_await second;
  co_await queue.join();
}

QUEUE_TEST_CASE("queue: join() waits again after more items were put") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  (void)co_await queue.get();
  queue.task_done();
  co_await queue.join();

  co_await queue.put(2);
  auto joining = executor.create_task(join(queue));
  co_await let_others_run();
  CHECK_FALSE(joining.done());
  (void)co_await queue.get();
  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: task_done() too often is std::logic_error and changes nothing") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  CHECK_THROWS_AS(queue.task_done(), std::logic_error);
  co_await queue.put(1);
  (void)co_await queue.get();
  queue.task_done();
  CHECK_THROWS_AS(queue.task_done(), std::logic_error);

  co_await queue.put(2);
  auto joining = executor.create_task(join(queue));
  co_await let_others_run();
  CHECK_FALSE(joining.done());
  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: items that went straight to a waiting getter count for join(), too") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto getting = executor.create_task(test::get_from(queue));
  co_await let_others_run();
  co_await queue.put(1);
  CHECK(co_await getting == 1);
  auto joining = executor.create_task(join(queue));
  co_await let_others_run();
  CHECK_FALSE(joining.done());
  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: an item whose put still waits for room does not count for join()") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto putting = executor.create_task(test::put_into(queue, 2));
  co_await let_others_run();
  queue.task_done();
  co_await queue.join();
  CHECK_THROWS_AS(queue.task_done(), std::logic_error);

  (void)co_await queue.get();
  co_await putting;
  queue.task_done();
  co_await queue.join();
}

QUEUE_TEST_CASE("queue: try_put() and try_get() count for join() as put() and get() do") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  int item = 1;
  CHECK(queue.try_put(item));
  CHECK(queue.try_get() == 1);
  auto joining = executor.create_task(join(queue));
  co_await let_others_run();
  CHECK_FALSE(joining.done());
  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: a cancelled join() leaves the count and the other joiners alone") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  auto cancelled = executor.create_task(join(queue));
  auto other = executor.create_task(join(queue));
  co_await let_others_run();
  cancelled.request_stop();
  CHECK_THROWS_AS(co_await cancelled, mtaio::CancelledError);
  CHECK_FALSE(other.done());
  queue.task_done();
  co_await other;
}

}  // namespace
