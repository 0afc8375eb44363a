#include <mtaio/exceptions.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <random>
#include <thread>
#include <vector>

// Getters and putters that are cancelled or time out at any moment, on many threads. A putter whose
// put failed tries the same item again, so in the end every item has been received exactly once, if
// no operation lied about what it did.

namespace {

using namespace std::chrono_literals;

constexpr int kProducers = 3;
constexpr int kConsumers = 3;
constexpr int kItems = 5000;  // of each producer

class Received {
 public:
  void note(int item) { ++counts_[static_cast<std::size_t>(item)]; }
  [[nodiscard]] bool each_once() const {
    for (const auto& count : counts_) {
      if (count != 1) return false;
    }
    return true;
  }

 private:
  std::vector<std::atomic<int>> counts_ =
      std::vector<std::atomic<int>>(std::size_t{kProducers} * kItems);
};

class RandomTimeout {
 public:
  explicit RandomTimeout(unsigned seed) : random_{seed} {}
  mtaio::Timeout next() { return std::chrono::microseconds{random_() % 40}; }

 private:
  std::minstd_rand random_;
};

template <class Queue>
mtaio::Task<void> produce(Queue& queue, int producer) {
  mtaio::TaskExecutor executor;
  RandomTimeout timeout{static_cast<unsigned>(producer)};
  for (int i = 0; i < kItems;) {
    try {
      co_await executor.run(queue.put(producer * kItems + i), {.timeout = timeout.next()});
      ++i;
    } catch (const mtaio::TimeoutError&) {  // not put: once more
    }
  }
}

/// Takes what there is until the queue is shut down.
template <class Queue>
mtaio::Task<void> consume(Queue& queue, Received& received, int consumer) {
  mtaio::TaskExecutor executor;
  RandomTimeout timeout{static_cast<unsigned>(1000 + consumer)};
  for (;;) {
    try {
      const int item = co_await executor.run(queue.get(), {.timeout = timeout.next()});
      received.note(item);
    } catch (const mtaio::TimeoutError&) {  // nothing taken: once more
    } catch (const mtaio::ExecutionError&) {
      co_return;
    }
  }
}

template <class Queue>
mtaio::Task<void> produce_all(Queue& queue) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> producers;
  for (int i = 0; i < kProducers; ++i) producers.push_back(produce(queue, i));
  co_await executor.gather(producers);
  queue.shutdown();
}

template <class Queue>
mtaio::Task<void> all(Queue& queue, Received& received) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> tasks;
  tasks.push_back(produce_all(queue));
  for (int i = 0; i < kConsumers; ++i) tasks.push_back(consume(queue, received, i));
  co_await executor.gather(tasks);
}

template <template <class> class Queue>
void check_timeouts() {
  for (const std::ptrdiff_t bound : {1, 4}) {
    Queue<int> queue{bound};
    Received received;
    mtaio::run(all(queue, received), {.threads = 3});
    CHECK(received.each_once());
    CHECK(queue.empty());
  }
}

TEST_CASE("queue: puts and gets that time out at any moment lose and double nothing") {
  SUBCASE("AsyncQueue") { check_timeouts<mtaio::AsyncQueue>(); }
  SUBCASE("PriorityQueue") { check_timeouts<mtaio::PriorityQueue>(); }
  SUBCASE("LIFOQueue") { check_timeouts<mtaio::LIFOQueue>(); }
}

/// One round: a get, an item and a stop request that meet. Says whether the item was either
/// returned or left in the queue.
template <template <class> class Queue>
mtaio::Task<bool> race_item_and_stop(mtaio::TaskExecutor& executor, std::atomic<int>& turn) {
  Queue<int> queue;
  auto getting = executor.create_task(test::get_from(queue));
  const auto put = [](Queue<int>& into, std::atomic<int>& at) -> mtaio::Task<void> {
    while (at < 1) co_await mtaio::sleep(0s);
    co_await into.put(1);
  };
  auto putting = executor.create_task(put(queue, turn));
  co_await mtaio::sleep(0s);
  turn = 1;
  getting.request_stop();
  bool got = false;
  try {
    got = co_await getting == 1;
  } catch (const mtaio::CancelledError&) {
  }
  co_await putting;
  co_return queue.qsize() == (got ? 0 : 1);
}

template <template <class> class Queue>
mtaio::Task<void> race_many_times() {
  mtaio::TaskExecutor executor;
  std::atomic<int> turn = 0;
  constexpr int kRounds = 3000;
  int wrong = 0;
  for (int i = 0; i < kRounds; ++i) {
    turn = 0;
    wrong += !co_await race_item_and_stop<Queue>(executor, turn);
  }
  CHECK(wrong == 0);
}

TEST_CASE("queue: an item and a stop request that meet: it is returned or stays") {
  SUBCASE("AsyncQueue") { mtaio::run(race_many_times<mtaio::AsyncQueue>(), {.threads = 3}); }
  SUBCASE("PriorityQueue") { mtaio::run(race_many_times<mtaio::PriorityQueue>(), {.threads = 3}); }
  SUBCASE("LIFOQueue") { mtaio::run(race_many_times<mtaio::LIFOQueue>(), {.threads = 3}); }
}

mtaio::Task<int> take_until_shut_down(mtaio::AsyncQueue<int>& queue) {
  int taken = 0;
  while (co_await queue.next()) ++taken;
  co_return taken;
}
mtaio::Task<int> put_until_shut_down(mtaio::AsyncQueue<int>& queue) {
  int put = 0;
  try {
    for (;; ++put) co_await queue.put(1);
  } catch (const mtaio::QueueShutDown&) {
  }
  co_return put;
}

/// The number of items put, and the number taken.
mtaio::Task<std::pair<int, int>> race_shutdown(mtaio::AsyncQueue<int>& queue) {
  mtaio::TaskExecutor executor;
  auto first_putter = executor.create_task(put_until_shut_down(queue));
  auto second_putter = executor.create_task(put_until_shut_down(queue));
  auto first_taker = executor.create_task(take_until_shut_down(queue));
  auto second_taker = executor.create_task(take_until_shut_down(queue));
  co_await mtaio::sleep(20us);
  queue.shutdown();
  const int put = co_await first_putter + co_await second_putter;
  const int taken = co_await first_taker + co_await second_taker;
  co_return std::pair{put, taken};
}

TEST_CASE(
    "queue: shutdown() among putters and takers strands no task, and all items that were put are "
    "taken") {
  for (int i = 0; i < 300; ++i) {
    mtaio::AsyncQueue<int> queue{i % 3};
    const auto [put, taken] = mtaio::run(race_shutdown(queue), {.threads = 3});
    CHECK(put == taken);
    CHECK(queue.empty());
  }
}

mtaio::Task<void> put_and_end(mtaio::AsyncQueue<int>& queue, std::atomic<int>& ended) {
  for (int i = 0; i < 129; ++i) co_await queue.put(i);
  ++ended;
}
mtaio::Task<void> put_from_many(mtaio::AsyncQueue<int>& queue, std::atomic<int>& ended) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::TaskHandle<void>> handles;
  for (int i = 0; i < 2'000; ++i)
    handles.push_back(executor.create_task(put_and_end(queue, ended)));
  for (auto& handle : handles) co_await handle;
}

TEST_CASE("queue: a put that lets others run resumes once, with either worker the faster one") {
  mtaio::AsyncQueue<int> queue;
  std::atomic<int> ended{0};
  mtaio::run(put_from_many(queue, ended), {.threads = 4});
  CHECK(ended == 2'000);
  CHECK(queue.qsize() == 2'000 * 129);
}

}  // namespace
