/// A worker watches the clock for every timer, whatever the previous one does now.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::outcome_of;
using test::threw;

namespace {

using Clock = std::chrono::steady_clock;

mtaio::Task<void> nap(mtaio::Timeout time) { co_await mtaio::sleep(time); }

mtaio::Task<void> raise_after(mtaio::Timeout time, std::atomic<bool>& flag) {
  co_await mtaio::sleep(time);
  flag = true;
}

/// Computes until the flag is up; false if that takes far too long.
bool compute_until(const std::atomic<bool>& flag) {
  const auto end = Clock::now() + 30s;
  while (!flag) {
    if (Clock::now() > end) return false;
  }
  return true;
}
mtaio::Task<bool> compute_until_raised(const std::atomic<bool>& flag) {
  co_return compute_until(flag);
}

TEST_CASE("timers: a run that ends early leaves the clock to the run that sleeps longer") {
  for (const std::size_t threads : {1U, 2U, 3U}) {
    CAPTURE(threads);
    mtaio::Runtime runtime{{.threads = threads}};
    std::vector<std::thread> callers;
    for (int i = 1; i <= 4; ++i) {
      callers.emplace_back([&runtime, i] { runtime.run(nap(std::chrono::milliseconds{10 * i})); });
    }
    for (auto& caller : callers) caller.join();
  }
}

TEST_CASE(
    "timers: fire while all workers but one compute, whichever worker watched the clock before") {
  for (const std::size_t threads : {2U, 3U, 4U}) {
    const auto test = [](std::size_t workers) -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      for (int round = 0; round < 10; ++round) {
        std::atomic<bool> flag{false};
        auto sleeper = executor.create_task(raise_after(3ms, flag));
        co_await mtaio::sleep(1ms);  // all have gone to sleep
        std::vector<mtaio::TaskHandle<bool>> busy;
        for (std::size_t i = 1; i < workers; ++i) {
          busy.push_back(executor.create_task(compute_until_raised(flag)));
        }
        for (auto& each : busy) {
          const bool seen = co_await each;
          CHECK(seen);
        }
        co_await sleeper;
      }
    };
    CAPTURE(threads);
    mtaio::run(test(threads), {.threads = threads});
  }
}

TASK_TEST_CASE(
    "timers: a timeout calls the StopCallback of a task that computes, if there is a worker to "
    "spare",
    2) {
  mtaio::TaskExecutor executor;
  const auto compute = []() -> mtaio::Task<bool> {
    const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
    std::atomic<bool> stopped{false};
    const mtaio::StopCallback callback{token, [&stopped] { stopped = true; }};
    co_return compute_until(stopped);
  };
  const auto keep = [](mtaio::Task<bool> task, bool& result) -> mtaio::Task<void> {
    result = co_await std::move(task);
  };
  bool called = false;

  [[maybe_unused]] const auto outcome =
      co_await outcome_of(executor.run(keep(compute(), called), {.timeout = 5ms}));

  CHECK(called);
}

TASK_TEST_CASE("timers: ten thousand concurrent ones fire, each not before its time", 2) {
  mtaio::TaskExecutor executor;
  std::atomic<int> early{0};
  const auto check = [](int i, std::atomic<int>& wrong) -> mtaio::Task<void> {
    const auto time = std::chrono::microseconds{(i * 7919) % 20'000};
    const auto start = Clock::now();
    co_await mtaio::sleep(time);
    if (Clock::now() - start < time) ++wrong;
  };
  auto tasks = test::many(10'000, [&](int i) { return check(i, early); });

  co_await executor.gather(std::move(tasks));

  CHECK(early == 0);
}

TASK_TEST_CASE("timers: a hundred thousand timeouts that never fire leave nothing behind", 1) {
  mtaio::TaskExecutor executor;
  for (int i = 0; i < 100'000; ++i) {
    co_await executor.run(mtaio::sleep(0s), {.timeout = 1h});
  }
}

TASK_TEST_CASE("timers: far deadlines do not overflow", 1) {
  mtaio::TaskExecutor executor;
  for (const mtaio::Timeout far : {mtaio::Timeout{std::chrono::hours::max()},
                                   mtaio::Timeout{std::chrono::nanoseconds::max() - 1ns},
                                   mtaio::Timeout{std::chrono::years{250}},
                                   mtaio::Timeout{std::chrono::duration<double>{1e300}}}) {
    const auto slept = co_await outcome_of(executor.run(mtaio::sleep(far), {.timeout = 1ms}));
    co_await executor.run(mtaio::sleep(1ms), {.timeout = far});
    CHECK(threw<mtaio::TimeoutError>(slept));
  }
}

}  // namespace
