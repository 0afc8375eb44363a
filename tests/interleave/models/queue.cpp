/// A queue between tasks of different threads: no item is lost, doubled or overtaken, also when
/// operations are cancelled.
#include <mtaio/async_queue.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

namespace {

using namespace models;
using mtaio::CancelledError;
using mtaio::Task;
using Queue = mtaio::AsyncQueue<int>;

constexpr int kItems = 3;

Task<void> put_all(Queue& queue) {
  for (int i = 1; i <= kItems; ++i) co_await queue.put(i);
}

Task<void> get_all(Queue& queue) {
  for (int i = 1; i <= kItems; ++i) require(co_await queue.get() == i, "first in, first out");
}

/// With room for one item, the producer waits as often as the consumer does.
void put_against_get() {
  LoopScheduler producer;
  LoopScheduler consumer;
  Queue queue{1};
  in_threads([&] { producer.run(put_all(queue)); }, [&] { consumer.run(get_all(queue)); });
  require(queue.empty(), "all items have been taken");
}

Task<int> get_or_zero(Queue& queue) {
  try {
    co_return co_await queue.get();
  } catch (const CancelledError&) {
    co_return 0;
  }
}

Task<int> get_until_stopped(Queue& queue) {
  mtaio::TaskExecutor executor;
  auto getting = executor.create_task(get_or_zero(queue));
  co_await mtaio::sleep(std::chrono::seconds{0});
  std::thread stopper{[&] { getting.request_stop(); }};
  const int item = co_await getting;
  stopper.join();
  co_return item;
}

Task<void> put_one(Queue& queue) { co_await queue.put(7); }

/// A get that is cancelled leaves the item.
void put_against_a_cancelled_get() {
  LoopScheduler producer;
  LoopScheduler consumer;
  Queue queue;
  int item = 0;
  in_threads([&] { producer.run(put_one(queue)); },
             [&] { item = consumer.run(get_until_stopped(queue)); });
  require(item == 7 || queue.qsize() == 1, "the item was taken, or is still there");
  require(item == 0 || queue.empty(), "not both");
}

Task<bool> put_or_not(Queue& queue) {
  try {
    co_await queue.put(8);
    co_return true;
  } catch (const CancelledError&) {
    co_return false;
  }
}

Task<bool> put_until_stopped(Queue& queue) {
  mtaio::TaskExecutor executor;
  auto putting = executor.create_task(put_or_not(queue));
  co_await mtaio::sleep(std::chrono::seconds{0});
  std::thread stopper{[&] { putting.request_stop(); }};
  const bool has_put = co_await putting;
  stopper.join();
  co_return has_put;
}

Task<int> get_one(Queue& queue) { co_return co_await queue.get(); }

/// A put that is cancelled puts nothing.
void get_against_a_cancelled_put() {
  LoopScheduler producer;
  LoopScheduler consumer;
  Queue queue{1};
  bool has_put = false;
  producer.run(put_one(queue));
  in_threads([&] { has_put = producer.run(put_until_stopped(queue)); },
             [&] { require(consumer.run(get_one(queue)) == 7, "the first item"); });
  require(queue.qsize() == (has_put ? 1U : 0U), "it is there if it was put");
}

TEST_CASE("model: AsyncQueue") {
  check_model("put against get", &put_against_get, random(3'000));
  check_model("put against get, few preemptions", &put_against_get, all_with(2, 3'000));
  check_model("put against a cancelled get", &put_against_a_cancelled_get, random(3'000));
  check_model("get against a cancelled put", &get_against_a_cancelled_put, random(3'000));
}

}  // namespace
