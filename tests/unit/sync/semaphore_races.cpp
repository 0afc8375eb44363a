/// Many tasks and random events: permits are neither lost nor doubled.
#include <mtaio/exceptions.hpp>
#include <mtaio/semaphore.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::Semaphore;
using mtaio::testing::Simulation;

mtaio::Task<void> release_after(Semaphore::Permit permit, mtaio::Timeout delay) {
  co_await mtaio::sleep(delay);
  permit.release();
}

mtaio::Task<bool> race(mtaio::Timeout released, mtaio::Timeout gives_up) {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto releasing = executor.create_task(release_after(co_await semaphore.acquire(), released));
  auto permit = co_await semaphore.acquire(1, gives_up);
  co_await releasing;
  const bool given = permit.has_value();
  CHECK(semaphore.available() == (given ? 0 : 1));
  co_return given;
}

TEST_CASE("semaphore: released just before the timeout is a permit, just after it none") {
  CHECK(Simulation{}.run(race(10ms, 10ms + 1ns)));
  CHECK_FALSE(Simulation{}.run(race(10ms + 1ns, 10ms)));
}

TEST_CASE(
    "semaphore: released at the last moment, there is a permit or not, in any order of events") {
  int given = 0;
  constexpr int kSeeds = 300;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    given += Simulation{{.seed = static_cast<std::uint64_t>(seed)}}.run(race(10ms - 1ns, 10ms));
  }
  CHECK(given > 0);
  CHECK(given < kSeeds);
}

mtaio::Task<bool> run_against_a_release() {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto releasing = executor.create_task(release_after(co_await semaphore.acquire(), 10ms - 1ns));
  std::optional<Semaphore::Permit> permit;
  try {
    permit = co_await executor.run(semaphore.acquire(), {.timeout = 10ms});
  } catch (const mtaio::TimeoutError&) {
  }
  co_await releasing;
  CHECK(semaphore.available() == (permit ? 0 : 1));
  co_return permit.has_value();
}

TEST_CASE(
    "semaphore: a run() whose time runs out at about the release has the permit, or it is free") {
  int given = 0;
  constexpr int kSeeds = 300;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    given += Simulation{{.seed = static_cast<std::uint64_t>(seed)}}.run(run_against_a_release());
  }
  CHECK(given > 0);
  CHECK(given < kSeeds);
}

/// What the tasks of a test share. Plain, so that ThreadSanitizer sees a missing edge.
struct Account {
  Semaphore semaphore{1};
  std::size_t value = 0;
};

mtaio::Task<void> add(Account& account, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    const auto permit = co_await account.semaphore.acquire();
    ++account.value;
  }
}

mtaio::Task<void> add_in_many_tasks(Account& account) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(add(account, 200));
  co_await executor.gather(tasks);
}

TEST_CASE("semaphore: what was done before a release is visible to the next task, on any thread") {
  Account account;
  mtaio::run(add_in_many_tasks(account), {.threads = 2});
  CHECK(account.value == 50 * 200);
  CHECK(account.semaphore.available() == 1);
}

/// Counts the permits that are in use, and checks that there are not more than may be.
class Use {
 public:
  Use(std::atomic<std::ptrdiff_t>& in_use, std::ptrdiff_t count) : in_use_{in_use}, count_{count} {
    CHECK(in_use_.fetch_add(count) + count <= kMost);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { in_use_.fetch_sub(count_); }

  static constexpr std::ptrdiff_t kMost = 4;

 private:
  std::atomic<std::ptrdiff_t>& in_use_;
  std::ptrdiff_t count_;
};

mtaio::Task<void> use(Semaphore& semaphore, std::atomic<std::ptrdiff_t>& in_use,
                      std::size_t first) {
  for (std::size_t i = first; i < first + 100; ++i) {
    const auto k = static_cast<std::ptrdiff_t>(1 + i % 3);
    if (i % 4 == 0) {
      const auto permit = co_await semaphore.acquire(k, std::chrono::microseconds{i % 40});
      if (permit) const Use counted{in_use, permit->weight()};
    } else {
      const auto permit = co_await semaphore.acquire(k);
      const Use counted{in_use, k};
      if (i % 8 == 1) co_await mtaio::sleep(0s);
    }
  }
}

mtaio::Task<void> use_and_stop(Semaphore& semaphore) {
  mtaio::TaskExecutor executor;
  std::atomic<std::ptrdiff_t> in_use{0};
  for (std::size_t round = 0; round < 20; ++round) {
    std::vector<mtaio::TaskHandle<void>> tasks;
    for (std::size_t i = 0; i < 12; ++i) {
      tasks.push_back(executor.create_task(use(semaphore, in_use, i)));
    }
    for (std::size_t i = 0; i < tasks.size(); i += 2) {
      co_await mtaio::sleep(20us);
      tasks[i].request_stop();
      semaphore.set_limit(static_cast<std::ptrdiff_t>(i % 4));
    }
    semaphore.set_limit(Use::kMost);
    for (auto& task : tasks) {
      try {
        co_await task;
      } catch (const CancelledError&) {
      }
    }
  }
}

TEST_CASE("semaphore: releases, timeouts, cancellations and limits that meet strand no waiter") {
  Semaphore semaphore{Use::kMost};
  mtaio::run(use_and_stop(semaphore), {.threads = 2});
  CHECK(semaphore.available() == Use::kMost);
}

/// Destroys the semaphore as soon as it has its permit.
mtaio::Task<void> acquire_and_destroy(std::unique_ptr<Semaphore> semaphore) {
  auto permit = co_await semaphore->acquire();
  permit.release();
  semaphore.reset();
}

TEST_CASE(
    "semaphore: a task that gets a permit may destroy it while the release is still returning") {
  for (int round = 0; round < 1000; ++round) {
    auto owned = std::make_unique<Semaphore>(1);
    auto permit = owned->try_acquire();
    std::thread releaser{[moved = std::move(*permit)]() mutable { moved.release(); }};
    permit.reset();
    mtaio::run(acquire_and_destroy(std::move(owned)), {.threads = 1});
    releaser.join();
  }
}

TEST_CASE("semaphore: a plain thread serves the tasks of two runtimes") {
  Semaphore semaphore{0};
  const auto acquire = [](Semaphore& from) -> mtaio::Task<void> {
    const auto permit = co_await from.acquire();
  };
  std::thread one{[&] { mtaio::run(acquire(semaphore), {.threads = 1}); }};
  std::thread two{[&] { mtaio::run(acquire(semaphore), {.threads = 1}); }};
  semaphore.set_limit(1);
  one.join();
  two.join();
  CHECK(semaphore.available() == 1);
}

}  // namespace
