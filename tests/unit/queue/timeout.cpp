#include <mtaio/exceptions.hpp>
#include <mtaio/testing/simulation.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <chrono>

namespace {

using mtaio::testing::Simulation;

using namespace std::chrono_literals;

QUEUE_TEST_CASE("queue: a get that times out has not taken an item") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  CHECK_THROWS_AS((void)co_await executor.run(queue.get(), {.timeout = 1ms}), mtaio::TimeoutError);
  co_await queue.put(1);
  CHECK(co_await queue.get() == 1);
}

QUEUE_TEST_CASE("queue: a put that times out has not enqueued") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  CHECK_THROWS_AS(co_await executor.run(queue.put(2), {.timeout = 1ms}), mtaio::TimeoutError);
  CHECK(queue.qsize() == 1);
  CHECK(co_await queue.get() == 1);
  CHECK(queue.empty());
}

QUEUE_TEST_CASE("queue: a join that times out can be tried again") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  CHECK_THROWS_AS(co_await executor.run(queue.join(), {.timeout = 1ms}), mtaio::TimeoutError);
  queue.task_done();
  co_await queue.join();
}

QUEUE_TEST_CASE("queue: operations that need not wait succeed within a timeout") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await executor.run(queue.put(1), {.timeout = 1h});
  CHECK(co_await executor.run(queue.get(), {.timeout = 1h}) == 1);
}

QUEUE_TEST_CASE("queue: with a timeout of zero or less nothing is put and nothing taken") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{2};
  co_await queue.put(1);
  CHECK_THROWS_AS((void)co_await executor.run(queue.get(), {.timeout = 0s}), mtaio::TimeoutError);
  CHECK_THROWS_AS(co_await executor.run(queue.put(2), {.timeout = -1s}), mtaio::TimeoutError);
  CHECK(queue.qsize() == 1);
}

/// Gets with a timeout; -1 when the time ran out.
mtaio::Task<int> get_within(mtaio::AsyncQueue<int>& queue, mtaio::Timeout timeout) {
  mtaio::TaskExecutor executor;
  try {
    co_return co_await executor.run(queue.get(), {.timeout = timeout});
  } catch (const mtaio::TimeoutError&) {
    co_return -1;
  }
}
mtaio::Task<void> put_after(mtaio::AsyncQueue<int>& queue, mtaio::Timeout delay) {
  co_await mtaio::sleep(delay);
  co_await queue.put(1);
}

/// An item that comes at the moment at which a get gives up. Returns what the get got.
mtaio::Task<int> race_item_and_timeout(bool item_first) {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue;
  // Timers that expire together fire in the order in which they were armed.
  auto put = executor.create_task(put_after(queue, item_first ? 10ms : 10ms + 1ns));
  const int got = co_await get_within(queue, item_first ? 10ms + 1ns : 10ms);
  co_await put;
  CHECK(queue.qsize() == (got == -1 ? 1 : 0));
  co_return got;
}

TEST_CASE("queue: an item that comes just before the timeout is returned") {
  CHECK(Simulation{}.run(race_item_and_timeout(true)) == 1);
}

TEST_CASE("queue: an item that comes just after the timeout stays in the queue") {
  CHECK(Simulation{}.run(race_item_and_timeout(false)) == -1);
}

/// The item comes at the last moment before the timeout; what is first to run then is drawn.
mtaio::Task<bool> race_at_the_last_moment() {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue;
  auto put = executor.create_task(put_after(queue, 10ms - 1ns));
  const int got = co_await get_within(queue, 10ms);
  co_await put;
  CHECK(queue.qsize() == (got == -1 ? 1 : 0));
  co_return got == 1;
}

TEST_CASE(
    "queue: an item at the last moment is returned, or stays in the queue, in any order of "
    "events") {
  constexpr int kSeeds = 300;
  int returned = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    returned +=
        Simulation{{.seed = static_cast<std::uint64_t>(seed)}}.run(race_at_the_last_moment());
  }
  CHECK(returned > 0);
  CHECK(returned < kSeeds);
}

}  // namespace
