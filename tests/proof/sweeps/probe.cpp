// What is tried again when a scenario has ended: nothing that failed may have left a mark.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <stdexcept>

namespace sweeps {
namespace {

/// Takes out what a scenario that failed has left in the queue, and ticks it off.
template <class Queue>
mtaio::Task<void> probe_queue(World& world, Place& around, Shelf<Queue>& shelf) {
  Place here{world, &around};
  Queue& queue = shelf.queue;
  int left = 0;
  while (queue.try_get()) ++left;
  expect(left == shelf.inside, "an item was lost or doubled");
  while (!throws<std::logic_error>([&] { queue.task_done(); })) {
  }
  co_await queue.join();
  expect(queue.empty() && queue.maxsize() == 2, "the queue is not empty");
  for (int i = 1; i <= 2; ++i) co_await queue.put(Item{i});
  Item third{3};
  expect(queue.full() && !queue.try_put(third), "the queue takes more than its maxsize");
  for (int i = 1; i <= 2; ++i) {
    (void)co_await queue.get();
    queue.task_done();
  }
  co_await queue.join();
}

}  // namespace

mtaio::Task<void> probe(World& world) {
  Place here{world};
  auto& executor = world.executor;
  const Item one = co_await executor.run(twice(world, here, Item{1}), {.timeout = kLong});
  expect(one.value() == 2, "run");
  const auto all = co_await executor.gather(doubling_tasks(world, here, 4), {.limit = 2});
  expect_doubles(all, 4);
  const Twice function;
  const auto mapped = co_await executor.map(function, Numbers{3});
  expect_doubles(mapped, 3);
  const Item two = co_await world.with_pool.run_in_thread(function, Item{1});
  expect(two.value() == 2, "run_in_thread");
  auto created = executor.create_task(pass(world, here));
  auto stopped = executor.create_task(linger(world, here));
  co_await created;
  co_await executor.cancel_all();
  expect(stopped.done(), "cancel_all");
  co_await probe_queue(world, here, world.fifo);
  co_await probe_queue(world, here, world.urgent);
  co_await probe_queue(world, here, world.stack);
}

}  // namespace sweeps
