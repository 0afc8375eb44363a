/// What a `StopCallback` may do: it is user code, and no lock of the library is held while it runs.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <semaphore>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using test::outcome_of;
using test::threw;
using test::with_threads;

namespace {

mtaio::Task<void> wait_until_stopped(int& stopped) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    ++stopped;
    throw;
  }
}

mtaio::Task<void> count_down_when_stopped(mtaio::Latch& latch) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    latch.count_down();
    throw;
  }
}

mtaio::Task<void> be_in_thread_for(std::chrono::milliseconds time) {
  const auto block = [time] { std::this_thread::sleep_for(time); };
  mtaio::TaskExecutor executor;
  co_await executor.run_in_thread(block);
}

/// Has a callback destroy `inner`, and removes the callback while it does.
mtaio::Task<void> destroy_when_stopped_and_go_on(std::optional<mtaio::TaskExecutor>& inner,
                                                 mtaio::Latch& go_on, std::atomic<bool>& ended) {
  const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
  {
    const mtaio::StopCallback callback{token, [&] {
                                         inner.reset();
                                         ended = true;
                                       }};
    try {
      co_await go_on.wait();
    } catch (const mtaio::CancelledError&) {  // either is a reason to go on
    }
  }
  CHECK(ended);
}

/// One of the tasks that the callback waits for wakes the callback's owner; another takes a while.
mtaio::Task<void> remove_a_callback_that_waits() {
  mtaio::TaskExecutor executor;
  mtaio::Latch go_on{1};
  std::atomic<bool> ended = false;
  std::optional<mtaio::TaskExecutor> inner;
  inner.emplace();
  const auto first = inner->create_task(count_down_when_stopped(go_on));
  const auto second = inner->create_task(be_in_thread_for(5ms));
  auto owner = executor.create_task(destroy_when_stopped_and_go_on(inner, go_on, ended));
  co_await mtaio::sleep(1ms);
  owner.request_stop();
  co_await std::move(owner);
}

mtaio::Task<void> sleep_and_release(std::binary_semaphore& slept) {
  co_await mtaio::sleep(2ms);
  slept.release();
}

mtaio::Task<void> be_in_thread_until(std::binary_semaphore& released) {
  const auto block = [&released] { released.acquire(); };
  mtaio::TaskExecutor executor;
  co_await executor.run_in_thread(block);
}

mtaio::Task<void> destroy_when_stopped(std::optional<mtaio::TaskExecutor>& inner) {
  const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
  const mtaio::StopCallback callback{token, [&inner] { inner.reset(); }};
  co_await mtaio::sleep(1h);
}

/// The callback runs because time is over, and ends when a task has slept.
mtaio::Task<void> wait_in_a_deadline_for_a_sleep() {
  mtaio::TaskExecutor executor;
  std::binary_semaphore slept{0};
  std::optional<mtaio::TaskExecutor> inner;
  inner.emplace();
  const auto function = inner->create_task(be_in_thread_until(slept));
  auto sleeper = executor.create_task(sleep_and_release(slept));
  const auto outcome =
      co_await outcome_of(executor.run(destroy_when_stopped(inner), {.timeout = 1ms}));
  CHECK(threw<mtaio::TimeoutError>(outcome));
  CHECK_FALSE(inner.has_value());
  co_await std::move(sleeper);
}

TEST_CASE("StopCallback: may destroy an executor, which waits for its tasks") {
  for (const std::size_t threads : {1U, 2U}) {
    CAPTURE(threads);
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      std::optional<mtaio::TaskExecutor> inner;
      inner.emplace();
      int stopped = 0;
      const auto handle = inner->create_task(wait_until_stopped(stopped));
      const auto outcome =
          co_await outcome_of(executor.run(destroy_when_stopped(inner), {.timeout = 2ms}));

      CHECK(threw<mtaio::TimeoutError>(outcome));
      CHECK_FALSE(inner.has_value());
      CHECK(stopped == 1);
    });
  }
}

TASK_TEST_CASE("StopCallback: may stop other tasks, create callbacks and remove them", 1) {
  mtaio::TaskExecutor executor;
  int stopped = 0;
  auto other = executor.create_task(wait_until_stopped(stopped));
  const auto stop_other = [](mtaio::TaskHandle<void>& which, int& called) -> mtaio::Task<void> {
    const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
    using Removed = mtaio::StopCallback<void (*)()>;
    std::optional<Removed> removed;
    const mtaio::StopCallback first{token, [&] {
                                      ++called;
                                      removed.reset();
                                      which.request_stop();
                                      const mtaio::StopCallback nested{token,
                                                                       [&called] { ++called; }};
                                    }};
    removed.emplace(token, [] { FAIL("it was removed before"); });
    co_await mtaio::sleep(1h);
  };
  int called = 0;
  auto handle = executor.create_task(stop_other(other, called));
  co_await mtaio::sleep(0s);

  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));
  const auto others = co_await outcome_of(std::move(other));

  CHECK(threw<mtaio::CancelledError>(outcome));
  CHECK(threw<mtaio::CancelledError>(others));
  CHECK(called == 2);
  CHECK(stopped == 1);
}

TEST_CASE("StopCallback: its destructor waits for a call that itself waits for tasks") {
  for (const std::size_t threads : {1U, 2U}) {
    with_threads(threads, remove_a_callback_that_waits);
  }
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    mtaio::testing::Simulation{{.seed = seed}}.run(remove_a_callback_that_waits());
  }
}

TEST_CASE("StopCallback: when a timeout calls a callback that waits, other timers fire meanwhile") {
  for (const std::size_t threads : {1U, 2U}) {
    with_threads(threads, wait_in_a_deadline_for_a_sleep);
  }
}

}  // namespace
