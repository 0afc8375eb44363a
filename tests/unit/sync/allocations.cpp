/// Waiting allocates nothing, whatever ends the wait.
#include <mtaio/core.hpp>

#include "support/counting_new.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::allocations;

const doctest::skip if_not_counted{!test::kCountsAllocations};

TASK_TEST_CASE("sleep: allocates nothing" * if_not_counted) {
  co_await mtaio::sleep(1us);
  const std::size_t before = allocations();
  co_await mtaio::sleep(0s);
  co_await mtaio::sleep(1us);
  const std::size_t after = allocations();
  CHECK(after == before);
}

/// One of each kind. Every wait of them waits.
struct Primitives {
  mtaio::Semaphore semaphore{0};
  mtaio::Mutex mutex;
  mtaio::SharedMutex shared_mutex;
  mtaio::Event event;
  mtaio::Latch latch{1};
  mtaio::Barrier barrier{2};
  mtaio::Mutex of_condition;
  mtaio::Condition condition;
};

mtaio::Task<void> acquire(Primitives& in) { (void)co_await in.semaphore.acquire(); }
mtaio::Task<void> acquire_in_time(Primitives& in) { (void)co_await in.semaphore.acquire(1, 1h); }
mtaio::Task<void> lock(Primitives& in) { (void)co_await in.mutex.lock(); }
mtaio::Task<void> lock_alone(Primitives& in) { (void)co_await in.shared_mutex.lock(); }
mtaio::Task<void> lock_shared(Primitives& in) { (void)co_await in.shared_mutex.lock_shared(); }
mtaio::Task<void> wait_for_event(Primitives& in) { co_await in.event.wait(); }
mtaio::Task<void> wait_for_latch(Primitives& in) { co_await in.latch.wait(); }
mtaio::Task<void> arrive(Primitives& in) { co_await in.barrier.arrive_and_wait(); }
mtaio::Task<void> wait_for_condition(Primitives& in) {
  auto guard = co_await in.of_condition.lock();
  co_await in.condition.wait(guard);
}

/// Starts a task for each, and lets all of them wait. Returns how often that has allocated.
mtaio::Task<std::size_t> begin_to_wait(mtaio::TaskExecutor& executor, Primitives& primitives,
                                       std::vector<mtaio::TaskHandle<void>>& waiting) {
  for (auto* wait : {acquire, acquire_in_time, lock, lock_alone, lock_shared, wait_for_event,
                     wait_for_latch, arrive, wait_for_condition}) {
    waiting.push_back(executor.create_task(wait(primitives)));
  }
  const std::size_t before = allocations();
  for (int turn = 0; turn < 8; ++turn) co_await mtaio::sleep(0s);
  for (const auto& one : waiting) CHECK_FALSE(one.done());
  co_return allocations() - before;
}

TASK_TEST_CASE("primitives: waiting and being woken allocate nothing" * if_not_counted) {
  mtaio::TaskExecutor executor;
  Primitives primitives;
  std::vector<mtaio::TaskHandle<void>> waiting;
  auto guard = co_await primitives.mutex.lock();
  auto alone = co_await primitives.shared_mutex.lock();
  CHECK(co_await begin_to_wait(executor, primitives, waiting) == 0);
  const std::size_t before = allocations();
  primitives.semaphore.set_limit(2);
  guard.unlock();
  alone.unlock();
  primitives.event.set();
  primitives.latch.count_down();
  co_await primitives.barrier.arrive_and_wait();
  primitives.condition.notify_all();
  for (int turn = 0; turn < 8; ++turn) co_await mtaio::sleep(0s);
  const std::size_t after = allocations();
  CHECK(after == before);
  for (auto& one : waiting) {
    CHECK(one.done());
    co_await one;
  }
}

TASK_TEST_CASE("primitives: to be asked to stop while waiting leaves nothing behind" *
               if_not_counted) {
  mtaio::TaskExecutor executor;
  Primitives primitives;
  std::vector<mtaio::TaskHandle<void>> waiting;
  auto guard = co_await primitives.mutex.lock();
  auto alone = co_await primitives.shared_mutex.lock();
  CHECK(co_await begin_to_wait(executor, primitives, waiting) == 0);
  for (auto& one : waiting) one.request_stop();
  for (auto& one : waiting) {
    CHECK_THROWS_AS(co_await one, mtaio::CancelledError);
  }
  CHECK(primitives.barrier.waiting() == 0);
  CHECK(primitives.of_condition.try_lock());
  CHECK_FALSE(primitives.mutex.try_lock());
}

}  // namespace
