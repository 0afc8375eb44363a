#include <mtaio/exceptions.hpp>

#include "support/counted.hpp"
#include "unit/queue/queue_test_case.hpp"

#include <chrono>
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

QUEUE_TEST_CASE("queue: after a stop request, operations that need not wait still succeed") {
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

QUEUE_TEST_CASE("queue: after a stop request, operations that would wait throw CancelledError") {
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

/// Puts `most` items, and says how many before it was asked to stop.
template <class Queue>
mtaio::Task<int> put_many(Queue& queue, int most) {
  int count = 0;
  try {
    for (; count < most; ++count) co_await queue.put(count);
  } catch (const CancelledError&) {
  }
  co_return count;
}
template <class Queue>
mtaio::Task<int> get_many(Queue& queue, int most) {
  int count = 0;
  try {
    for (; count < most; ++count) (void)co_await queue.get();
  } catch (const CancelledError&) {
  }
  co_return count;
}
template <class Queue>
mtaio::Task<void> put_or_throw(Queue& queue, int most) {
  for (int i = 0; i < most; ++i) co_await queue.put(i);
}

QUEUE_TEST_CASE(
    "queue: a producer that never waits is stopped within 128 puts, and none of them is lost") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto producer = executor.create_task(put_many(queue, 1000));

  producer.request_stop();
  const int count = co_await producer;

  CHECK(count == 127);
  CHECK(queue.qsize() == 127);
}

QUEUE_TEST_CASE(
    "queue: a consumer that never waits is stopped within 128 gets, and has taken no more") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await put_or_throw(queue, 1000);
  auto consumer = executor.create_task(get_many(queue, 1000));

  consumer.request_stop();
  const int count = co_await consumer;

  CHECK(count == 127);
  CHECK(queue.qsize() == 873);
}

QUEUE_TEST_CASE(
    "queue: a producer that never waits notices a timeout by itself, and the timeout is reported") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  bool in_time = true;
  try {
    co_await executor.run(put_or_throw(queue, 1000), {.timeout = std::chrono::nanoseconds{1}});
  } catch (const mtaio::TimeoutError&) {
    in_time = false;
  }
  CHECK_FALSE(in_time);
  CHECK(queue.qsize() < 128);
}

QUEUE_TEST_CASE("queue: a task without a stop request continues after each 128 operations") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto producer = executor.create_task(put_many(queue, 1000));
  auto consumer = executor.create_task(get_many(queue, 1000));
  CHECK(co_await producer == 1000);
  CHECK(co_await consumer == 1000);
  CHECK(queue.empty());
}

QUEUE_TEST_CASE("queue: a put whose turn is over finds the queue full, and waits") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{127};
  auto producer = executor.create_task(put_many(queue, 300));
  co_await let_others_run();
  CHECK(queue.qsize() == 127);
  CHECK(co_await get_many(queue, 300) == 300);
  CHECK(co_await producer == 300);
}

QUEUE_TEST_CASE(
    "queue: operations after shutdown() throw QueueShutDown also where the turn of a task is "
    "over") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  const auto until_shut_down = [](Queue<int>& of) -> mtaio::Task<bool> {
    for (int i = 0; i < 127; ++i) co_await of.put(i);
    of.shutdown();
    bool said = false;
    try {
      co_await of.put(0);
    } catch (const mtaio::QueueShutDown&) {
      said = true;
    }
    for (int i = 0; i < 127; ++i) (void)co_await of.get();
    co_return said && !co_await of.next();
  };
  CHECK(co_await executor.create_task(until_shut_down(queue)));
}

}  // namespace
