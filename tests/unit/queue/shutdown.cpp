#include <mtaio/exceptions.hpp>

#include "support/coroutines.hpp"
#include "unit/queue/queue_test_case.hpp"

#include <optional>
#include <stdexcept>
#include <string>

namespace {

using mtaio::QueueShutDown;
using test::get_from;
using test::let_others_run;
using test::put_into;
using test::set;

QUEUE_TEST_CASE("queue: after shutdown() a put throws QueueShutDown and puts nothing") {
  Queue<int> queue;
  queue.shutdown();
  int item = 1;
  CHECK_THROWS_AS(co_await queue.put(1), QueueShutDown);
  CHECK_THROWS_AS((void)queue.try_put(item), QueueShutDown);
  CHECK(queue.empty());
}

QUEUE_TEST_CASE("queue: after shutdown() try_put() leaves the item untouched") {
  Queue<std::string> queue{1};
  std::string item = "item";
  queue.shutdown();
  CHECK_THROWS_AS((void)queue.try_put(item), QueueShutDown);
  CHECK(item == "item");
  co_return;
}

QUEUE_TEST_CASE("queue: after shutdown() a full queue refuses as one with room does") {
  Queue<int> queue{1};
  co_await queue.put(1);
  queue.shutdown();
  int item = 2;
  CHECK_THROWS_AS(co_await queue.put(2), QueueShutDown);
  CHECK_THROWS_AS((void)queue.try_put(item), QueueShutDown);
  CHECK(queue.qsize() == 1);
}

QUEUE_TEST_CASE("queue: get() works after shutdown() until the queue is empty, and then throws") {
  Queue<int> queue;
  co_await queue.put(1);
  co_await queue.put(1);
  queue.shutdown();
  CHECK(co_await queue.get() == 1);
  CHECK(co_await queue.get() == 1);
  CHECK_THROWS_AS((void)co_await queue.get(), QueueShutDown);
  CHECK_THROWS_AS((void)co_await queue.get(), QueueShutDown);
}

QUEUE_TEST_CASE(
    "queue: next() works after shutdown() until the queue is empty, and then is nullopt") {
  Queue<int> queue;
  for (int i = 0; i < 3; ++i) co_await queue.put(1);
  queue.shutdown();
  int taken = 0;
  while (const auto item = co_await queue.next()) taken += *item;
  CHECK(taken == 3);
  const std::optional<int> none = co_await queue.next();
  CHECK_FALSE(none.has_value());
}

QUEUE_TEST_CASE(
    "queue: try_get() after shutdown() takes the remaining items, and then is nullopt") {
  Queue<int> queue;
  co_await queue.put(1);
  queue.shutdown();
  CHECK(queue.try_get() == 1);
  CHECK_FALSE(queue.try_get().has_value());
}

QUEUE_TEST_CASE(
    "queue: shutdown() ends waiting gets with QueueShutDown and waiting next()s with nullopt") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto getting = executor.create_task(get_from(queue));
  auto iterating = executor.create_task(test::next_from(queue));
  auto also_getting = executor.create_task(get_from(queue));
  co_await let_others_run();
  queue.shutdown();
  CHECK_THROWS_AS((void)co_await getting, QueueShutDown);
  const std::optional<int> none = co_await iterating;
  CHECK_FALSE(none.has_value());
  CHECK_THROWS_AS((void)co_await also_getting, QueueShutDown);
}

QUEUE_TEST_CASE("queue: shutdown() ends waiting puts with QueueShutDown; their items are not put") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto first = executor.create_task(put_into(queue, 2));
  auto second = executor.create_task(put_into(queue, 3));
  co_await let_others_run();
  queue.shutdown();
  CHECK_THROWS_AS(co_await first, QueueShutDown);
  CHECK_THROWS_AS(co_await second, QueueShutDown);
  CHECK(co_await queue.get() == 1);
  CHECK_THROWS_AS((void)co_await queue.get(), QueueShutDown);
}

QUEUE_TEST_CASE("queue: a getter that was handed an item before shutdown() returns it") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto getting = executor.create_task(get_from(queue));
  co_await let_others_run();
  co_await queue.put(1);
  queue.shutdown(true);
  CHECK(co_await getting == 1);
}

QUEUE_TEST_CASE("queue: a putter that was let in before shutdown() has put") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto putting = executor.create_task(put_into(queue, 2));
  co_await let_others_run();
  CHECK(co_await queue.get() == 1);
  queue.shutdown();
  co_await putting;
  CHECK(co_await queue.get() == 2);
}

QUEUE_TEST_CASE("queue: shutdown() leaves join() waiting for the queued items") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  auto joining = executor.create_task(test::join(queue));
  co_await let_others_run();
  queue.shutdown();
  co_await let_others_run();
  CHECK_FALSE(joining.done());
  (void)co_await queue.get();
  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: shutdown(true) drops the queued items and counts them as done") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  for (int i = 0; i < 3; ++i) co_await queue.put(i);
  auto joining = executor.create_task(test::join(queue));
  co_await let_others_run();
  CHECK_FALSE(joining.done());

  queue.shutdown(true);
  CHECK(queue.empty());
  co_await joining;
  CHECK_THROWS_AS((void)co_await queue.get(), QueueShutDown);
  CHECK_THROWS_AS(queue.task_done(), std::logic_error);
}

QUEUE_TEST_CASE("queue: shutdown(true) does not count items as done that were already taken") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  co_await queue.put(2);
  (void)co_await queue.get();
  queue.shutdown(true);
  auto joining = executor.create_task(test::join(queue));
  co_await let_others_run();
  CHECK_FALSE(joining.done());
  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: shutdown(true) after shutdown() drops the remaining items") {
  Queue<int> queue;
  co_await queue.put(1);
  queue.shutdown();
  CHECK(queue.qsize() == 1);
  queue.shutdown(true);
  CHECK(queue.empty());
  co_await queue.join();
}

QUEUE_TEST_CASE("queue: shutting down again changes nothing") {
  Queue<int> queue;
  co_await queue.put(1);
  queue.shutdown();
  queue.shutdown();
  CHECK(co_await queue.get() == 1);
  queue.shutdown(true);
  queue.shutdown(true);
  CHECK_THROWS_AS((void)co_await queue.get(), QueueShutDown);
}

}  // namespace

namespace {

mtaio::Task<void> ask_until(mtaio::AsyncQueue<int>& queue, const bool& end) {
  while (!end) co_await queue.next();
}
mtaio::Task<void> put_until(mtaio::AsyncQueue<int>& queue, const bool& end) {
  while (!end) {
    try {
      co_await queue.put(1);
    } catch (const mtaio::QueueShutDown&) {  // NOLINT(bugprone-empty-catch): that is what is asked
    }
  }
}

}  // namespace

TEST_CASE(
    "queue: operations after shutdown() let others run, as all operations that need not wait do") {
  mtaio::AsyncQueue<int> queue;
  queue.shutdown();
  mtaio::TaskExecutor executor;
  bool end = false;
  mtaio::run(executor.gather(ask_until(queue, end), set(end)), {.threads = 1});
  end = false;
  mtaio::run(executor.gather(put_until(queue, end), set(end)), {.threads = 1});
  CHECK(end);
}
