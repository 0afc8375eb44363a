#include <mtaio/exceptions.hpp>

#include "queue/queue_test_case.hpp"
#include "support/counted.hpp"

#include <vector>

namespace {

using mtaio::CancelledError;
using test::get_from;
using test::let_others_run;
using test::put_into;

QUEUE_TEST_CASE("queue: cancelling a blocked get leaves the item for the next getter") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto cancelled = executor.create_task(get_from(queue));
  co_await let_others_run();

  cancelled.request_stop();
  co_await queue.put(1);
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  CHECK(queue.qsize() == 1);
  CHECK(co_await queue.get() == 1);
}

QUEUE_TEST_CASE("queue: a get that was handed an item before it is cancelled returns it") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto served = executor.create_task(get_from(queue));
  co_await let_others_run();

  co_await queue.put(1);
  served.request_stop();
  CHECK(co_await served == 1);
  CHECK(queue.empty());
}

QUEUE_TEST_CASE("queue: a cancelled getter does not swallow the wake-up of the one behind it") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto first = executor.create_task(get_from(queue));
  co_await let_others_run();
  auto second = executor.create_task(get_from(queue));
  co_await let_others_run();

  first.request_stop();
  co_await queue.put(1);
  CHECK(co_await second == 1);
  CHECK_THROWS_AS((void)co_await first, CancelledError);
}

QUEUE_TEST_CASE("queue: cancelling a getter in the middle keeps the line in order") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  std::vector<mtaio::TaskHandle<int>> getters;
  for (int i = 0; i < 3; ++i) {
    getters.push_back(executor.create_task(get_from(queue)));
    co_await let_others_run();
  }
  getters[1].request_stop();
  co_await queue.put(0);
  co_await queue.put(1);
  CHECK(co_await getters[0] == 0);
  CHECK_THROWS_AS((void)co_await getters[1], CancelledError);
  CHECK(co_await getters[2] == 1);
}

QUEUE_TEST_CASE("queue: a cancelled put has not enqueued") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto cancelled = executor.create_task(put_into(queue, 2));
  co_await let_others_run();

  cancelled.request_stop();
  CHECK(co_await queue.get() == 1);
  CHECK(queue.empty());
  CHECK_THROWS_AS(co_await cancelled, CancelledError);
  CHECK(queue.empty());
}

QUEUE_TEST_CASE("queue: a put whose item was taken in before it is cancelled has succeeded") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto served = executor.create_task(put_into(queue, 2));
  co_await let_others_run();

  CHECK(co_await queue.get() == 1);
  served.request_stop();
  co_await served;
  CHECK(co_await queue.get() == 2);
}

QUEUE_TEST_CASE("queue: a cancelled putter does not swallow the room of the one behind it") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto first = executor.create_task(put_into(queue, 2));
  co_await let_others_run();
  auto second = executor.create_task(put_into(queue, 3));
  co_await let_others_run();

  first.request_stop();
  CHECK(co_await queue.get() == 1);
  co_await second;
  CHECK(co_await queue.get() == 3);
  CHECK_THROWS_AS(co_await first, CancelledError);
}

QUEUE_TEST_CASE("queue: the item of a cancelled put is destroyed once") {
  mtaio::TaskExecutor executor;
  const int alive_before = test::Counted::alive();
  {
    Queue<test::Counted> queue{1};
    co_await queue.put(test::Counted{1});
    auto cancelled = executor.create_task(put_into(queue, test::Counted{2}));
    co_await let_others_run();
    cancelled.request_stop();
    CHECK_THROWS_AS(co_await cancelled, CancelledError);
  }
  CHECK(test::Counted::alive() == alive_before);
}

/// Waits for its own task to be asked to stop, and uses the queue then.
template <class Queue>
mtaio::Task<int> get_when_stopped(Queue& queue) {
  try {
    co_await mtaio::sleep(std::chrono::hours{1});
  } catch (const CancelledError&) {  // the stop request stays, for whatever comes next
  }
  co_return co_await queue.get();
}
template <class Queue>
mtaio::Task<void> put_when_stopped(Queue& queue) {
  try {
    co_await mtaio::sleep(std::chrono::hours{1});
  } catch (const CancelledError&) {
  }
  co_await queue.put(1);
}
template <class Queue>
mtaio::Task<void> join_when_stopped(Queue& queue) {
  try {
    co_await mtaio::sleep(std::chrono::hours{1});
  } catch (const CancelledError&) {
  }
  co_await queue.join();
}

QUEUE_TEST_CASE("queue: after a stop request, what need not wait still succeeds") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  auto join = executor.create_task(join_when_stopped(queue));
  auto put = executor.create_task(put_when_stopped(queue));
  co_await let_others_run();
  join.request_stop();
  co_await join;
  put.request_stop();
  co_await put;
  CHECK(queue.qsize() == 1);

  auto get = executor.create_task(get_when_stopped(queue));
  co_await let_others_run();
  get.request_stop();
  CHECK(co_await get == 1);
}

QUEUE_TEST_CASE("queue: after a stop request, what would have to wait throws CancelledError") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  auto get = executor.create_task(get_when_stopped(queue));
  co_await let_others_run();
  get.request_stop();
  CHECK_THROWS_AS((void)co_await get, CancelledError);

  co_await queue.put(1);
  auto put = executor.create_task(put_when_stopped(queue));
  auto join = executor.create_task(join_when_stopped(queue));
  co_await let_others_run();
  put.request_stop();
  join.request_stop();
  CHECK_THROWS_AS(co_await put, CancelledError);
  CHECK_THROWS_AS(co_await join, CancelledError);
  CHECK(queue.qsize() == 1);
  CHECK(co_await queue.get() == 1);
}

}  // namespace
