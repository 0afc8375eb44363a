#include <mtaio/mutex.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::Mutex;
using mtaio::testing::Simulation;
using test::let_others_run;

mtaio::Task<Mutex::Guard> lock(Mutex& mutex) { co_return co_await mutex.lock(); }

mtaio::Task<void> note(Mutex& mutex, char name, std::string& order) {
  const auto guard = co_await mutex.lock();
  order += name;
}

TASK_TEST_CASE("mutex: lock() locks it, until its guard goes") {
  Mutex mutex;
  {
    const auto guard = co_await mutex.lock();
    CHECK(guard.owns_lock());
    CHECK_FALSE(mutex.try_lock());
  }
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("mutex: unlock() unlocks early, and once") {
  Mutex mutex;
  auto guard = co_await mutex.lock();
  guard.unlock();
  CHECK_FALSE(guard.owns_lock());
  const auto other = mutex.try_lock();
  CHECK(other);
  guard.unlock();
  CHECK_FALSE(mutex.try_lock());
}

TASK_TEST_CASE("mutex: a guard that is moved unlocks once") {
  Mutex mutex;
  auto guard = co_await mutex.lock();
  Mutex::Guard moved{std::move(guard)};
  CHECK_FALSE(guard.owns_lock());  // NOLINT(bugprone-use-after-move)
  CHECK(moved.owns_lock());
  guard.unlock();  // NOLINT(bugprone-use-after-move)
  CHECK_FALSE(mutex.try_lock());
  moved.unlock();
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("mutex: try_lock() gives a guard if the mutex is free") {
  Mutex mutex;
  if (const auto guard = mutex.try_lock()) {
    CHECK(guard->owns_lock());
    CHECK_FALSE(mutex.try_lock());
  } else {
    FAIL("it was free");
  }
  co_return;
}

TASK_TEST_CASE("mutex: first come, first served, and not inside unlock()") {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  std::string order;
  auto guard = co_await mutex.lock();
  std::vector<mtaio::TaskHandle<void>> waiting;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    waiting.push_back(executor.create_task(note(mutex, name, order)));
    co_await let_others_run();
  }
  guard.unlock();
  CHECK(order.empty());
  CHECK_FALSE(mutex.try_lock());  // it was handed over
  for (auto& one : waiting) co_await one;
  CHECK(order == "abcd");
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("mutex: a task that locks again and again does not keep it from others") {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  std::string order;
  auto guard = co_await mutex.lock();
  auto other = executor.create_task(note(mutex, 'o', order));
  co_await let_others_run();
  guard.unlock();
  guard = co_await mutex.lock();
  CHECK(order == "o");
  co_await other;
}

TASK_TEST_CASE("mutex: a cancelled lock() throws CancelledError, and the next waiter is served") {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  auto guard = co_await mutex.lock();
  auto cancelled = executor.create_task(lock(mutex));
  auto next = executor.create_task(lock(mutex));
  co_await let_others_run();
  cancelled.request_stop();
  guard.unlock();  // before the cancelled task has resumed
  CHECK((co_await next).owns_lock());
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("mutex: a waiter that was served before it is cancelled holds the mutex") {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  auto guard = co_await mutex.lock();
  auto waiting = executor.create_task(lock(mutex));
  co_await let_others_run();
  guard.unlock();
  waiting.request_stop();
  CHECK((co_await waiting).owns_lock());
}

TASK_TEST_CASE("mutex: a waiter that gave up leaves the mutex as fast as it was") {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  auto guard = co_await mutex.lock();
  auto cancelled = executor.create_task(lock(mutex));
  co_await let_others_run();
  cancelled.request_stop();
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  guard.unlock();
  for (int i = 0; i < 3; ++i) {
    const auto again = co_await mutex.lock();
    CHECK(again.owns_lock());
    CHECK_FALSE(mutex.try_lock());
  }
}

TASK_TEST_CASE("mutex: lock(timeout) gives nothing when the time has run out, and not before") {
  Mutex mutex;
  const auto guard = co_await mutex.lock();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(co_await mutex.lock(3ms));
  CHECK(std::chrono::steady_clock::now() - start >= 3ms);
  CHECK_FALSE(co_await mutex.lock(0s));
}

TASK_TEST_CASE("mutex: lock(timeout) gives a guard in time") {
  Mutex mutex;
  CHECK(co_await mutex.lock(0s));
  CHECK(co_await mutex.lock(1h));
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("mutex: run(lock(), {.timeout}) gives the guard or throws TimeoutError") {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  auto guard = co_await executor.run(mutex.lock(), {.timeout = 1h});
  CHECK_THROWS_AS((void)co_await executor.run(mutex.lock(), {.timeout = 1ms}), mtaio::TimeoutError);
  guard.unlock();
  CHECK(mutex.try_lock());
}

mtaio::Task<void> unlock_after(Mutex::Guard guard, mtaio::Timeout delay) {
  co_await mtaio::sleep(delay);
  guard.unlock();
}

mtaio::Task<bool> race(mtaio::Timeout unlocked, mtaio::Timeout gives_up) {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  auto unlocking = executor.create_task(unlock_after(co_await mutex.lock(), unlocked));
  const auto guard = co_await mutex.lock(gives_up);
  co_await unlocking;
  CHECK(mutex.try_lock().has_value() != guard.has_value());
  co_return guard.has_value();
}

TEST_CASE("mutex: unlocked at the last moment, it is locked or free, in any order of events") {
  CHECK(Simulation{}.run(race(10ms, 10ms + 1ns)));
  CHECK_FALSE(Simulation{}.run(race(10ms + 1ns, 10ms)));
  int locked = 0;
  constexpr int kSeeds = 300;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    locked += Simulation{{.seed = static_cast<std::uint64_t>(seed)}}.run(race(10ms - 1ns, 10ms));
  }
  CHECK(locked > 0);
  CHECK(locked < kSeeds);
}

/// Plain, so that ThreadSanitizer sees a missing edge.
struct Account {
  Mutex mutex;
  std::size_t value = 0;
};

mtaio::Task<void> add(Account& account, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    const auto guard = co_await account.mutex.lock();
    const std::size_t before = account.value;
    if (i % 16 == 0) co_await mtaio::sleep(0s);
    account.value = before + 1;
  }
}

mtaio::Task<void> add_in_many_tasks(Account& account) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(add(account, 200));
  co_await executor.gather(tasks);
}

TEST_CASE("mutex: one task at a time, also across a wait, with two threads") {
  Account account;
  mtaio::run(add_in_many_tasks(account), {.threads = 2});
  CHECK(account.value == 50 * 200);
  CHECK(account.mutex.try_lock());
}

mtaio::Task<void> lock_and_destroy(std::unique_ptr<Mutex> mutex) {
  auto guard = co_await mutex->lock();
  guard.unlock();
  mutex.reset();
}

TEST_CASE("mutex: a task that locks it may destroy it while unlock() is still returning") {
  for (int round = 0; round < 1000; ++round) {
    auto owned = std::make_unique<Mutex>();
    auto guard = owned->try_lock();
    std::thread unlocker{[moved = std::move(*guard)]() mutable { moved.unlock(); }};
    guard.reset();
    mtaio::run(lock_and_destroy(std::move(owned)), {.threads = 1});
    unlocker.join();
  }
}

TEST_CASE("mutex: may be used outside tasks, but for waiting") {
  Mutex mutex;
  auto guard = mutex.try_lock();
  CHECK(guard);
  std::thread other{[moved = std::move(*guard)]() mutable { moved.unlock(); }};
  other.join();
  CHECK(mutex.try_lock());
}

}  // namespace
