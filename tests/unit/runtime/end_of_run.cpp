/// When main has ended, whatever still runs is asked to stop and waited for.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::Counts;
using test::wait_until_stopped;

namespace {

mtaio::Task<int> leave_behind(mtaio::TaskExecutor& executor, Counts& counts, int count,
                              bool fails) {
  for (int i = 0; i < count; ++i)
    const auto handle = executor.create_task(wait_until_stopped(counts));
  co_await mtaio::sleep(0s);
  if (fails) throw std::runtime_error{"main failed"};
  co_return count;
}

}  // namespace

TEST_CASE("run: created tasks are asked to stop when main has ended, and waited for") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    CAPTURE(threads);
    mtaio::TaskExecutor executor;  // outlives the run, so it is not its destructor that stops them
    Counts counts;

    CHECK(mtaio::run(leave_behind(executor, counts, 30, false), {.threads = threads}) == 30);

    CHECK(counts.started == 30);
    CHECK(counts.ended == 30);
  }
}

TEST_CASE("run: created tasks are stopped and waited for when main has failed, too") {
  mtaio::TaskExecutor executor;
  Counts counts;
  CHECK_THROWS_WITH_AS(mtaio::run(leave_behind(executor, counts, 5, true), {.threads = 2}),
                       "main failed", std::runtime_error);
  CHECK(counts.started == 5);
  CHECK(counts.ended == 5);
}

TEST_CASE("run: tasks that are created while the run ends are stopped and waited for, too") {
  mtaio::TaskExecutor executor;
  Counts counts;
  const auto respawn = [](mtaio::TaskExecutor& of, Counts& to) -> mtaio::Task<void> {
    [[maybe_unused]] const auto stopped = co_await test::outcome_of(mtaio::sleep(1h));
    for (int i = 0; i < 3; ++i) const auto handle = of.create_task(wait_until_stopped(to));
  };
  const auto main = [](mtaio::TaskExecutor& of, Counts& to, auto task) -> mtaio::Task<void> {
    const auto handle = of.create_task(task(of, to));
    co_await mtaio::sleep(0s);
  };

  mtaio::run(main(executor, counts, respawn), {.threads = 1});

  CHECK(counts.started == 3);
  CHECK(counts.ended == 3);
}

TEST_CASE("run: a function that a created task left running in a thread is waited for") {
  mtaio::TaskExecutor executor;
  std::latch running{1};
  std::atomic<bool> returned{false};
  const auto block = [&] {
    running.count_down();
    std::this_thread::sleep_for(20ms);
    returned = true;
  };
  const auto main = [](mtaio::TaskExecutor& of, auto function,
                       std::latch& begun) -> mtaio::Task<void> {
    const auto call = [](mtaio::TaskExecutor& in, auto what) -> mtaio::Task<void> {
      co_await in.run_in_thread(what);
    };
    const auto handle = of.create_task(call(of, function));
    co_await mtaio::sleep(0s);
    begun.wait();
  };

  mtaio::run(main(executor, block, running), {.threads = 1});

  CHECK(returned);
}

TEST_CASE("Runtime::run: the end of one run does not stop the tasks of another") {
  mtaio::Runtime runtime{{.threads = 1}};
  mtaio::TaskExecutor executor;
  Counts counts;
  mtaio::Latch first_over{1};
  mtaio::Latch second_started{1};
  const auto first = [](mtaio::TaskExecutor& of, Counts& to,
                        mtaio::Latch& wait_for) -> mtaio::Task<void> {
    const auto handle = of.create_task(wait_until_stopped(to));
    co_await wait_for.wait();
  };
  const auto second = [](mtaio::Latch& mine, mtaio::Latch& theirs) -> mtaio::Task<bool> {
    mine.count_down();
    co_return co_await theirs.wait(30s);
  };

  bool waited = false;
  std::thread other{[&] { waited = runtime.run(second(second_started, first_over)); }};
  runtime.run(first(executor, counts, second_started));
  CHECK(counts.ended == 1);
  first_over.count_down();
  other.join();

  CHECK(waited);
}

TEST_CASE("run: timers without a waiter are destroyed with it") {
  const auto arm_many = []() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    std::vector<mtaio::TaskHandle<void>> handles;
    for (int i = 0; i < 200; ++i) {
      const auto nap = [](int hours) -> mtaio::Task<void> {
        co_await mtaio::sleep(std::chrono::hours{hours});
      };
      handles.push_back(executor.create_task(nap(i + 1)));
    }
    co_await mtaio::sleep(1ms);
  };
  const auto start = std::chrono::steady_clock::now();
  mtaio::run(arm_many(), {.threads = 2});
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE(
    "run: a plain thread that lets main continue may be faster than the end of the runtime, or "
    "slower") {
  // Whoever opens the latch still is in count_down() when the runtime that it has woken goes.
  for (int round = 0; round < 2'000; ++round) {
    auto latch = std::make_unique<mtaio::Latch>(1);
    std::atomic<bool> waiting{false};
    std::thread opener{[&] {
      if (round % 2 == 0) {
        while (!waiting) std::this_thread::yield();
      }
      latch->count_down();
    }};
    const auto wait = [](mtaio::Latch& on, std::atomic<bool>& flag) -> mtaio::Task<bool> {
      flag = true;
      co_return co_await on.wait();
    };
    REQUIRE(
        mtaio::run(wait(*latch, waiting), {.threads = 1U + static_cast<std::size_t>(round % 3)}));
    opener.join();
  }
}
