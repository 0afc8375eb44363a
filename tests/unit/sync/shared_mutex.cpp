#include <mtaio/shared_mutex.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::SharedMutex;
using test::let_others_run;

mtaio::Task<SharedMutex::Guard> lock(SharedMutex& mutex) { co_return co_await mutex.lock(); }
mtaio::Task<SharedMutex::SharedGuard> lock_shared(SharedMutex& mutex) {
  co_return co_await mutex.lock_shared();
}

TASK_TEST_CASE("shared mutex: readers hold it together, and keep writers out") {
  SharedMutex mutex;
  auto one = co_await mutex.lock_shared();
  auto two = co_await mutex.lock_shared();
  CHECK(one.owns_lock());
  CHECK_FALSE(mutex.try_lock());
  CHECK(mutex.try_lock_shared());
  one.unlock();
  CHECK_FALSE(one.owns_lock());
  CHECK_FALSE(mutex.try_lock());
  two.unlock();
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("shared mutex: a writer keeps readers and writers out") {
  SharedMutex mutex;
  {
    const auto guard = co_await mutex.lock();
    CHECK(guard.owns_lock());
    CHECK_FALSE(mutex.try_lock());
    CHECK_FALSE(mutex.try_lock_shared());
    CHECK_FALSE(co_await mutex.lock(0s));
    CHECK_FALSE(co_await mutex.lock_shared(0s));
  }
  CHECK(mutex.try_lock_shared());
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("shared mutex: a writer waits for all readers") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  auto one = co_await mutex.lock_shared();
  auto two = co_await mutex.lock_shared();
  auto writer = executor.create_task(lock(mutex));
  co_await let_others_run();
  one.unlock();
  co_await let_others_run();
  CHECK_FALSE(writer.done());
  two.unlock();
  CHECK((co_await writer).owns_lock());
}

TASK_TEST_CASE("shared mutex: a reader does not overtake a writer that waits") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  auto reading = co_await mutex.lock_shared();
  auto writer = executor.create_task(lock(mutex));
  co_await let_others_run();
  CHECK_FALSE(mutex.try_lock_shared());
  auto reader = executor.create_task(lock_shared(mutex));
  co_await let_others_run();
  CHECK_FALSE(reader.done());
  reading.unlock();
  auto writing = co_await writer;
  co_await let_others_run();
  CHECK_FALSE(reader.done());
  writing.unlock();
  CHECK((co_await reader).owns_lock());
}

TASK_TEST_CASE("shared mutex: readers that are next to each other enter together, in order") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  auto writing = co_await mutex.lock();
  auto one = executor.create_task(lock_shared(mutex));
  auto two = executor.create_task(lock_shared(mutex));
  auto writer = executor.create_task(lock(mutex));
  auto three = executor.create_task(lock_shared(mutex));
  co_await let_others_run();
  writing.unlock();
  co_await let_others_run();
  CHECK(one.done());
  CHECK(two.done());
  CHECK_FALSE(writer.done());
  CHECK_FALSE(three.done());
  (co_await one).unlock();
  co_await let_others_run();
  CHECK_FALSE(writer.done());
  (co_await two).unlock();
  auto second = co_await writer;
  CHECK_FALSE(three.done());
  second.unlock();
  CHECK((co_await three).owns_lock());
}

TASK_TEST_CASE("shared mutex: when a writer gives up, the readers behind it enter") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  auto reading = co_await mutex.lock_shared();
  auto writer = executor.create_task(lock(mutex));
  auto reader = executor.create_task(lock_shared(mutex));
  co_await let_others_run();
  CHECK_FALSE(reader.done());
  writer.request_stop();
  CHECK((co_await reader).owns_lock());
  CHECK_THROWS_AS((void)co_await writer, CancelledError);
  CHECK(reading.owns_lock());
}

TASK_TEST_CASE("shared mutex: when the time of a writer has run out, the readers behind it enter") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  auto reading = co_await mutex.lock_shared();
  const auto try_for_a_while = [](SharedMutex& of) -> mtaio::Task<bool> {
    co_return (co_await of.lock(1ms)).has_value();
  };
  auto writer = executor.create_task(try_for_a_while(mutex));
  co_await let_others_run();
  auto reader = executor.create_task(lock_shared(mutex));
  CHECK((co_await reader).owns_lock());
  CHECK_FALSE(co_await writer);
}

TASK_TEST_CASE("shared mutex: a cancelled lock throws CancelledError and locks nothing") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  auto writing = co_await mutex.lock();
  auto writer = executor.create_task(lock(mutex));
  auto reader = executor.create_task(lock_shared(mutex));
  co_await let_others_run();
  writer.request_stop();
  reader.request_stop();
  CHECK_THROWS_AS((void)co_await writer, CancelledError);
  CHECK_THROWS_AS((void)co_await reader, CancelledError);
  writing.unlock();
  CHECK(mutex.try_lock());
}

TASK_TEST_CASE("shared mutex: waiters that were served before they are cancelled hold the mutex") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  auto writing = co_await mutex.lock();
  auto one = executor.create_task(lock_shared(mutex));
  auto two = executor.create_task(lock_shared(mutex));
  co_await let_others_run();
  writing.unlock();
  one.request_stop();
  two.request_stop();
  CHECK((co_await one).owns_lock());
  CHECK((co_await two).owns_lock());
}

TASK_TEST_CASE("shared mutex: timed locks give a guard in time") {
  mtaio::TaskExecutor executor;
  SharedMutex mutex;
  CHECK(co_await mutex.lock(1h));
  CHECK(co_await mutex.lock_shared(1h));
  auto guard = co_await executor.run(mutex.lock(), {.timeout = 1h});
  CHECK_THROWS_AS((void)co_await executor.run(mutex.lock_shared(), {.timeout = 1ms}),
                  mtaio::TimeoutError);
  CHECK_FALSE(co_await mutex.lock_shared(1ms));
  guard.unlock();
  CHECK(mutex.try_lock());
}

/// Plain, so that ThreadSanitizer sees a missing edge.
struct Pair {
  SharedMutex mutex;
  std::array<std::size_t, 2> values{};
};

mtaio::Task<void> write(Pair& pair, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    const auto guard = co_await pair.mutex.lock();
    ++pair.values[0];
    if (i % 16 == 0) co_await mtaio::sleep(0s);
    ++pair.values[1];
  }
}

mtaio::Task<void> read(Pair& pair, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    const auto guard = co_await pair.mutex.lock_shared();
    const std::size_t first = pair.values[0];
    if (i % 16 == 0) co_await mtaio::sleep(0s);
    CHECK(pair.values[1] == first);
  }
}

mtaio::Task<void> read_and_write(Pair& pair) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 0; i < 10; ++i) {
    tasks.push_back(write(pair, 200));
    for (int j = 0; j < 3; ++j) tasks.push_back(read(pair, 200));
  }
  co_await executor.gather(tasks);
}

TEST_CASE("shared mutex: readers see what writers have finished, with two threads") {
  Pair pair;
  mtaio::run(read_and_write(pair), {.threads = 2});
  CHECK(pair.values == std::array<std::size_t, 2>{2'000, 2'000});
  CHECK(pair.mutex.try_lock());
}

mtaio::Task<void> lock_and_destroy(std::unique_ptr<SharedMutex> mutex) {
  auto guard = co_await mutex->lock();
  guard.unlock();
  mutex.reset();
}

TEST_CASE("shared mutex: a writer may destroy it while the unlock of a reader is still returning") {
  for (int round = 0; round < 1000; ++round) {
    auto owned = std::make_unique<SharedMutex>();
    auto guard = owned->try_lock_shared();
    std::thread unlocker{[moved = std::move(*guard)]() mutable { moved.unlock(); }};
    guard.reset();
    mtaio::run(lock_and_destroy(std::move(owned)), {.threads = 1});
    unlocker.join();
  }
}

TEST_CASE("shared mutex: may be used outside tasks, but for waiting") {
  SharedMutex mutex;
  auto guard = mutex.try_lock_shared();
  CHECK(guard);
  CHECK_FALSE(mutex.try_lock());
  guard.reset();
  CHECK(mutex.try_lock());
}

}  // namespace
