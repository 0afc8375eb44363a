// AsyncQueue, PriorityQueue and LIFOQueue, of items whose move may throw and of such that are safe.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <thread>

namespace sweeps {
namespace {

template <class Queue>
mtaio::Task<void> put_some(World& world, Place& around, Queue& queue, int count) {
  Place here{world, &around};
  for (int i = 1; i <= count; ++i) co_await queue.put(typename Queue::value_type{i});
}

template <class Queue>
mtaio::Task<int> get_some(World& world, Place& around, Queue& queue, int count) {
  Place here{world, &around};
  int sum = 0;
  for (int i = 1; i <= count; ++i) {
    const auto item = co_await queue.get();
    sum += item.value();
    queue.task_done();
  }
  co_return sum;
}

/// Both sides have to wait for each other.
template <class Queue>
mtaio::Task<void> through(World& world) {
  Place here{world};
  Queue queue{1};
  const auto [sum, nothing] = co_await world.executor.gather(get_some(world, here, queue, 4),
                                                             put_some(world, here, queue, 4));
  expect(sum == 10, "sum of the items");
  co_await queue.join();
}

template <class Queue>
mtaio::Task<void> store(World& world, Place& around, Shelf<Queue>& shelf) {
  Place here{world, &around};
  for (int i = 1; i <= 5; ++i) {
    co_await shelf.queue.put(Item{i});
    ++shelf.inside;
  }
}

template <class Queue>
mtaio::Task<int> fetch(World& world, Place& around, Shelf<Queue>& shelf) {
  Place here{world, &around};
  int sum = 0;
  for (int i = 1; i <= 5; ++i) {
    const Item item = co_await shelf.queue.get();
    --shelf.inside;
    sum += item.value();
    shelf.queue.task_done();
  }
  co_return sum;
}

/// A queue of the world's, which is tried again afterwards.
template <auto kShelf>
mtaio::Task<void> through_the_world(World& world) {
  Place here{world};
  auto& shelf = world.*kShelf;
  const auto [nothing, sum] =
      co_await world.executor.gather(store(world, here, shelf), fetch(world, here, shelf));
  expect(sum == 15, "sum of the items");
  co_await shelf.queue.join();
}

template <class Queue>
mtaio::Task<int> get_all(World& world, Place& around, Queue& queue) {
  Place here{world, &around};
  int sum = 0;
  while (const auto item = co_await queue.next()) sum += item->value();
  co_return sum;
}

template <class Queue>
mtaio::Task<void> put_and_end(World& world, Place& around, Queue& queue) {
  co_await put_some(world, around, queue, 3);
  queue.shutdown();
}

template <class Queue>
mtaio::Task<void> ended(World& world) {
  Place here{world};
  Queue queue{2};
  const auto [sum, nothing] =
      co_await world.executor.gather(get_all(world, here, queue), put_and_end(world, here, queue));
  expect(sum == 6, "sum of the items");
  bool shut_down = false;
  try {
    (void)co_await queue.get();
  } catch (const mtaio::QueueShutDown&) {
    shut_down = true;
  }
  expect(shut_down, "get from a queue that was shut down");
}

/// A put waits; the queue is shut down immediately, and its items are dropped.
template <class Queue>
mtaio::Task<void> shut_down(World& world) {
  Place here{world};
  Queue queue{1};
  mtaio::TaskExecutor executor;
  auto putting = executor.create_task(put_some(world, here, queue, 2));
  auto joining =
      executor.create_task([](Queue& of) -> mtaio::Task<void> { co_await of.join(); }(queue));
  co_await mtaio::sleep(0s);
  co_await mtaio::sleep(0s);
  queue.shutdown(true);
  bool refused = false;
  try {
    co_await putting;
  } catch (const mtaio::QueueShutDown&) {
    refused = true;
  }
  expect(refused && queue.empty(), "a put into a queue that was shut down");
  co_await joining;
}

template <auto kShelf>
mtaio::Task<void> tried(World& world) {
  auto& shelf = world.*kShelf;
  auto& queue = shelf.queue;
  Item item{1};
  for (int i = 0; i < 2; ++i) {
    expect(queue.try_put(item), "try_put");
    ++shelf.inside;
  }
  expect(!queue.try_put(item) && queue.full() && item.value() == 1, "an item that was not put");
  for (int i = 0; i < 2; ++i) {
    const std::optional<Item> got = queue.try_get();
    --shelf.inside;
    expect(got && got->value() == 1, "try_get");
    queue.task_done();
  }
  expect(!queue.try_get(), "try_get from an empty queue");
  co_await queue.join();
}

/// A get, and a put, that are stopped take and leave nothing.
template <class Queue>
mtaio::Task<void> out_of_time(World& world) {
  Place here{world};
  Queue queue{1};
  int timed_out = 0;
  try {
    co_await world.executor.run(get_some(world, here, queue, 1), {.timeout = kShort});
  } catch (const mtaio::TimeoutError&) {
    ++timed_out;
  }
  try {
    co_await world.executor.run(put_some(world, here, queue, 2), {.timeout = kShort});
  } catch (const mtaio::TimeoutError&) {
    ++timed_out;
  }
  expect(timed_out == 2, "no TimeoutError");
  expect(queue.qsize() == 1, "items after a put that timed out");
}

template <class Queue>
void from_plain_threads(World& world) {
  Queue queue;
  std::exception_ptr failure;
  const auto put = [&] {
    try {
      for (int i = 1; i <= 3; ++i) {
        typename Queue::value_type item{i};
        queue.try_put(item);
      }
    } catch (...) {
      failure = std::current_exception();
    }
    queue.shutdown();
  };
  Place here{world};
  int sum = 0;
  {
    const std::jthread other{put};
    sum = world.runtime.run(get_all(world, here, queue));
  }
  if (failure) std::rethrow_exception(failure);
  expect(sum == 6, "sum of the items");
}

mtaio::Task<void> refused(World&) {
  const auto negative = [] { const mtaio::AsyncQueue<int> queue{-1}; };
  const auto not_a_number = [] {
    mtaio::PriorityQueue<int> queue;
    (void)queue.put(1, std::numeric_limits<double>::quiet_NaN());
  };
  const auto too_often = [] {
    mtaio::LIFOQueue<int> queue;
    queue.task_done();
  };
  const auto after_the_end = [] {
    mtaio::AsyncQueue<int> queue;
    queue.shutdown();
    int item = 1;
    (void)queue.try_put(item);
  };
  expect(throws<std::invalid_argument>(negative), "a negative maxsize");
  expect(throws<std::invalid_argument>(not_a_number), "a priority that is no number");
  expect(throws<std::logic_error>(too_often), "task_done too often");
  expect(throws<mtaio::QueueShutDown>(after_the_end), "put after shutdown");
  co_return;
}

}  // namespace

std::span<const Scenario> queue_scenarios() {
  using Fifo = mtaio::AsyncQueue<Item>;
  using SafeFifo = mtaio::AsyncQueue<SafeItem>;
  using SafeUrgent = mtaio::PriorityQueue<SafeItem>;
  using SafeStack = mtaio::LIFOQueue<SafeItem>;
  static constexpr Scenario kAll[]{
      {.name = "AsyncQueue, put and get", .task = through_the_world<&World::fifo>},
      {.name = "PriorityQueue, put and get", .task = through_the_world<&World::urgent>},
      {.name = "LIFOQueue, put and get", .task = through_the_world<&World::stack>},
      {.name = "AsyncQueue, safe items", .task = through<SafeFifo>},
      {.name = "PriorityQueue, safe items", .task = through<SafeUrgent>},
      {.name = "LIFOQueue, safe items", .task = through<SafeStack>},
      {.name = "AsyncQueue, next and shutdown", .task = ended<Fifo>},
      {.name = "PriorityQueue, next and shutdown", .task = ended<SafeUrgent>},
      {.name = "AsyncQueue, shutdown(true)", .task = shut_down<Fifo>, .may_overlook = true},
      {.name = "LIFOQueue, shutdown(true)", .task = shut_down<SafeStack>, .may_overlook = true},
      {.name = "AsyncQueue, try_put and try_get", .task = tried<&World::fifo>},
      {.name = "PriorityQueue, try_put and try_get", .task = tried<&World::urgent>},
      {.name = "LIFOQueue, try_put and try_get", .task = tried<&World::stack>},
      {.name = "AsyncQueue, timeouts", .task = out_of_time<Fifo>},
      {.name = "AsyncQueue, timeouts, safe items", .task = out_of_time<SafeFifo>},
      {.name = "AsyncQueue from a plain thread", .function = from_plain_threads<Fifo>},
      {.name = "LIFOQueue from a plain thread", .function = from_plain_threads<SafeStack>},
      {.name = "queues, refused calls", .task = refused},
  };
  return kAll;
}

}  // namespace sweeps
