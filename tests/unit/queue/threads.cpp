#include <mtaio/exceptions.hpp>
#include <mtaio/latch.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

namespace {

constexpr int kProducers = 4;
constexpr int kConsumers = 3;
constexpr int kItems = 4000;  // of each producer

/// Which producer, and the how manieth item of it.
struct Item {
  int producer;
  int number;
};

/// How often each item was received.
class Received {
 public:
  void note(Item item) { ++at(item); }
  [[nodiscard]] bool each_once() const {
    for (const auto& count : counts_) {
      if (count != 1) return false;
    }
    return true;
  }

 private:
  std::atomic<int>& at(Item item) {
    return counts_[static_cast<std::size_t>(item.producer) * kItems +
                   static_cast<std::size_t>(item.number)];
  }
  std::vector<std::atomic<int>> counts_ =
      std::vector<std::atomic<int>>(std::size_t{kProducers} * kItems);
};

template <class Queue>
mtaio::Task<void> produce(Queue& queue, int producer) {
  for (int i = 0; i < kItems; ++i) co_await queue.put(Item{producer, i});
}

/// Takes what there is until the queue is shut down. In order: every producer's items come in the
/// order of their numbers.
template <class Queue>
mtaio::Task<void> consume(Queue& queue, Received& received, bool in_order) {
  std::vector<int> last(kProducers, -1);
  const auto bound = queue.maxsize();
  while (const auto item = co_await queue.next()) {
    received.note(*item);
    int& previous = last[static_cast<std::size_t>(item->producer)];
    if (in_order && item->number <= previous) FAIL_CHECK("out of order");
    previous = item->number;
    if (bound != 0 && queue.qsize() > bound) FAIL_CHECK("over the bound");
    queue.task_done();
  }
}

template <class Queue>
mtaio::Task<void> produce_and_consume(Queue& queue, Received& received, bool in_order) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::TaskHandle<void>> producers;
  std::vector<mtaio::TaskHandle<void>> consumers;
  for (int i = 0; i < kConsumers; ++i) {
    consumers.push_back(executor.create_task(consume(queue, received, in_order)));
  }
  for (int i = 0; i < kProducers; ++i) {
    producers.push_back(executor.create_task(produce(queue, i)));
  }
  for (auto& producer : producers) co_await producer;
  co_await queue.join();
  queue.shutdown();
  for (auto& consumer : consumers) co_await consumer;
}

template <class Queue>
void check_many_producers_and_consumers(bool in_order) {
  for (const std::ptrdiff_t bound : {0, 1, 3, 100}) {
    for (const std::size_t threads : {2U, 4U}) {
      Queue queue{bound};
      Received received;
      mtaio::run(produce_and_consume(queue, received, in_order), {.threads = threads});
      CHECK(received.each_once());
      CHECK(queue.empty());
    }
  }
}

TEST_CASE(
    "queue: many producers and consumers on many threads: every item once, each producer's in "
    "order") {
  check_many_producers_and_consumers<mtaio::AsyncQueue<Item>>(true);
}

TEST_CASE("priority queue: many producers and consumers on many threads: every item once") {
  check_many_producers_and_consumers<mtaio::PriorityQueue<Item>>(false);
}

TEST_CASE("LIFO queue: many producers and consumers on many threads: every item once") {
  check_many_producers_and_consumers<mtaio::LIFOQueue<Item>>(false);
}

TEST_CASE("queue: joins tasks of two runtimes") {
  mtaio::AsyncQueue<Item> there{2};
  mtaio::AsyncQueue<Item> back{2};
  constexpr int kRounds = 2000;
  const auto echo = [](auto& in, auto& out) -> mtaio::Task<void> {
    while (const auto item = co_await in.next()) co_await out.put(*item);
    out.shutdown();
  };
  std::thread other{[&there, &back, &echo] { mtaio::run(echo(there, back), {.threads = 1}); }};
  const auto ask = [](auto& out, auto& in) -> mtaio::Task<int> {
    int right = 0;
    for (int i = 0; i < kRounds; ++i) {
      co_await out.put(Item{0, i});
      const Item answer = co_await in.get();
      right += answer.number == i;
    }
    out.shutdown();
    co_return right;
  };
  CHECK(mtaio::run(ask(there, back), {.threads = 1}) == kRounds);
  other.join();
}

TEST_CASE("queue: plain threads put, tasks get") {
  mtaio::AsyncQueue<Item> queue{10};
  Received received;
  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&queue, producer] {
      for (int i = 0; i < kItems; ++i) {
        Item item{producer, i};
        while (!queue.try_put(item)) std::this_thread::yield();
      }
    });
  }
  std::thread end{[&producers, &queue] {
    for (auto& producer : producers) producer.join();
    queue.shutdown();
  }};
  mtaio::run(consume(queue, received, true), {.threads = 2});
  end.join();
  CHECK(received.each_once());
}

TEST_CASE("queue: tasks put, plain threads get") {
  mtaio::AsyncQueue<Item> queue{10};
  Received received;
  std::atomic<bool> all_put = false;
  std::vector<std::thread> consumers;
  for (int i = 0; i < 2; ++i) {
    consumers.emplace_back([&queue, &received, &all_put] {
      for (;;) {
        const bool last_look = all_put;
        if (const auto item = queue.try_get()) {
          received.note(*item);
        } else if (last_look) {
          return;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  const auto produce_all = [](mtaio::AsyncQueue<Item>& into) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    std::vector<mtaio::Task<void>> producers;
    for (int i = 0; i < kProducers; ++i) producers.push_back(produce(into, i));
    co_await executor.gather(producers);
  };
  mtaio::run(produce_all(queue), {.threads = 2});
  all_put = true;
  for (auto& consumer : consumers) consumer.join();
  CHECK(received.each_once());
}

}  // namespace
