// Semaphore, Mutex, SharedMutex, Condition, Event and Barrier. If a permit or a lock were left over
// after a failure, the destructor of the primitive would end the program.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <cstddef>
#include <span>
#include <stdexcept>

namespace sweeps {
namespace {

struct Locks {
  mtaio::Semaphore semaphore{2};
  mtaio::Mutex mutex;
  mtaio::SharedMutex shared_mutex;
};

mtaio::Task<void> lock_all(World& world, Place& around, Locks& locks) {
  Place here{world, &around};
  for (std::ptrdiff_t k = 1; k <= 2; ++k) {
    const auto permit = co_await locks.semaphore.acquire(k);
    user_code();
    const auto alone = co_await locks.mutex.lock();
    co_await mtaio::sleep(0s);
    user_code();
    const auto reading = co_await locks.shared_mutex.lock_shared(kLong);
    expect(reading.has_value(), "a lock in time");
  }
  const auto writing = co_await locks.shared_mutex.lock();
  user_code();
}

mtaio::Task<void> locked(World& world) {
  Place here{world};
  Locks locks;
  co_await world.executor.gather(lock_all(world, here, locks), lock_all(world, here, locks),
                                 lock_all(world, here, locks));
  expect(locks.semaphore.available() == 2, "permits");
}

mtaio::Task<void> locked_too_late(World&) {
  Locks locks;
  const auto permit = co_await locks.semaphore.acquire();
  const auto guard = co_await locks.mutex.lock();
  const auto other = co_await locks.semaphore.acquire(2, kShort);
  const auto second = co_await locks.mutex.lock(kShort);
  expect(!other && !second, "neither is free");
}

struct Shelf {
  mtaio::Mutex mutex;
  mtaio::Condition changed;
  mtaio::Event opened;
  mtaio::Barrier barrier{2};
  int items = 0;
};

mtaio::Task<void> take(World& world, Place& around, Shelf& shelf) {
  Place here{world, &around};
  co_await shelf.barrier.arrive_and_wait();
  shelf.opened.set();
  auto guard = co_await shelf.mutex.lock();
  co_await shelf.changed.wait(guard, [&shelf] {
    user_code();
    return shelf.items > 0;
  });
  --shelf.items;
}

mtaio::Task<void> put(World& world, Place& around, Shelf& shelf) {
  Place here{world, &around};
  co_await shelf.barrier.arrive_and_wait();
  co_await shelf.opened.wait();
  user_code();
  const auto guard = co_await shelf.mutex.lock();
  ++shelf.items;
  shelf.changed.notify_one();
}

mtaio::Task<void> put_and_taken(World& world) {
  Place here{world};
  Shelf shelf;
  co_await world.executor.gather(take(world, here, shelf), put(world, here, shelf));
  expect(shelf.items == 0, "it was taken");
}

mtaio::Task<void> refused(World&) {
  const auto limit = [] { const mtaio::Semaphore negative{-1}; };
  const auto permits = [] {
    mtaio::Semaphore one{1};
    (void)one.try_acquire(0);
  };
  const auto barrier = [] { const mtaio::Barrier none{0}; };
  expect(throws<std::invalid_argument>(limit), "a negative limit");
  expect(throws<std::invalid_argument>(permits), "no permits");
  expect(throws<std::invalid_argument>(barrier), "a barrier of no tasks");
  co_return;
}

}  // namespace

std::span<const Scenario> lock_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "Semaphore, Mutex and SharedMutex", .task = locked},
      {.name = "Semaphore and Mutex, too late", .task = locked_too_late},
      {.name = "Condition, Event and Barrier", .task = put_and_taken},
      {.name = "arguments of locks, refused", .task = refused},
  };
  return kAll;
}

}  // namespace sweeps
