/// Two things at the same moment, many times, on several threads: both orders have to be right, and
/// all in between.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>

using namespace std::chrono_literals;
using test::Counts;
using test::outcome_of;
using test::threw;
using test::wait_until_stopped;

namespace {

mtaio::Task<int> give_after(mtaio::Timeout time, int value) {
  co_await mtaio::sleep(time);
  co_return value;
}
/// Creates tasks until the executor takes no more.
mtaio::Task<void> create_until_closed(mtaio::TaskExecutor& executor, Counts& counts,
                                      std::atomic<int>& created) {
  try {
    for (int i = 0; i < 500; ++i) {
      const auto handle = executor.create_task(wait_until_stopped(counts));
      ++created;
    }
  } catch (const std::logic_error&) {
    co_return;  // closed
  }
}
mtaio::Task<void> call(mtaio::TaskExecutor& executor, auto function) {
  co_await executor.run_in_thread(function);
}

TASK_TEST_CASE("races: create_task and close: a task is refused, or asked to stop and waited for",
               3) {
  for (int round = 0; round < 150; ++round) {
    mtaio::TaskExecutor executor;
    mtaio::TaskExecutor creators;
    Counts counts;
    std::atomic<int> created{0};
    auto creator = creators.create_task(create_until_closed(executor, counts, created));
    if (round % 2 == 0) {
      while (created == 0) co_await mtaio::sleep(0s);
    }

    co_await executor.close();
    co_await creator;

    CHECK(counts.started == counts.ended);
    CHECK(counts.started == created);
  }
}

TASK_TEST_CASE("races: create_task by a task of an executor and that executor's destructor", 3) {
  for (int round = 0; round < 150; ++round) {
    Counts counts;
    std::atomic<int> created{0};
    {
      mtaio::TaskExecutor executor;
      const auto first = executor.create_task(create_until_closed(executor, counts, created));
      const auto second = executor.create_task(create_until_closed(executor, counts, created));
      if (round % 2 == 0) {
        while (created == 0) co_await mtaio::sleep(0s);
      }
    }
    CHECK(counts.started == counts.ended);
    CHECK(counts.started == created);
  }
}

TASK_TEST_CASE(
    "races: the end of a task and the timeout of the task that awaits its handle: no result is "
    "lost",
    3) {
  mtaio::TaskExecutor executor;
  int timeouts = 0;
  for (int round = 0; round < 2'000; ++round) {
    const auto pause = std::chrono::microseconds{40 + round % 30};
    auto handle = executor.create_task(give_after(pause, round));

    const auto outcome = co_await outcome_of(executor.run(handle, {.timeout = 50us}));
    int result = outcome ? *outcome : -1;
    if (threw<mtaio::TimeoutError>(outcome)) {
      ++timeouts;
      result = co_await handle;
    }

    CHECK(result == round);
  }
  CHECK(timeouts > 0);
}

TASK_TEST_CASE("races: put into a full queue and a timeout: the item is in the queue, or it is not",
               3) {
  mtaio::TaskExecutor executor;
  int put = 0;
  int taken = 0;
  mtaio::AsyncQueue<int> queue{1};
  const auto get_after = [](mtaio::AsyncQueue<int>& from, mtaio::Timeout time) -> mtaio::Task<int> {
    co_await mtaio::sleep(time);
    co_return from.try_get() ? 1 : 0;
  };
  for (int round = 0; round < 2'000; ++round) {
    const auto pause = std::chrono::microseconds{40 + round % 30};
    auto timed = outcome_of(executor.run(queue.put(round), {.timeout = 50us}));
    const auto [outcome, got] = co_await executor.gather(std::move(timed), get_after(queue, pause));
    put += outcome ? 1 : 0;
    taken += got;
  }
  CHECK(put == taken + static_cast<int>(queue.qsize()));
}

TEST_CASE(
    "races: a stop and run_in_thread with a full pool: a function that has not started is given up "
    "immediately") {
  mtaio::ThreadPool pool{1};
  const auto test = [](mtaio::ThreadPool& full) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor{full};
    std::latch running{1};
    std::latch go_on{1};
    std::atomic<int> ran{0};
    const auto block = [&] {
      running.count_down();
      go_on.wait();
    };
    const auto count = [&ran] { ++ran; };
    auto blocking = executor.create_task(call(executor, block));
    while (!running.try_wait()) co_await mtaio::sleep(0s);

    for (int round = 0; round < 2'000; ++round) {
      auto queued = executor.create_task(call(executor, count));
      for (int i = 0; i < round % 4; ++i) co_await mtaio::sleep(0s);
      queued.request_stop();
      const auto outcome = co_await outcome_of(std::move(queued));  // while the thread is blocked
      CHECK(threw<mtaio::CancelledError>(outcome));
    }
    go_on.count_down();
    co_await blocking;

    CHECK(ran == 0);
  };
  mtaio::run(test(pool), {.threads = 3});
}

TASK_TEST_CASE(
    "races: the failures of two siblings and the timeout of their gather: all have ended, whatever "
    "wins",
    3) {
  mtaio::TaskExecutor executor;
  Counts counts;
  const auto fail_after = [](mtaio::Timeout time) -> mtaio::Task<void> {
    co_await mtaio::sleep(time);
    throw std::runtime_error{"failed"};
  };
  for (int round = 0; round < 1'000; ++round) {
    const auto pause = std::chrono::microseconds{40 + round % 30};
    const auto outcome = co_await outcome_of(executor.gather(mtaio::GatherOptions{.timeout = 50us},
                                                             fail_after(pause), fail_after(50us),
                                                             wait_until_stopped(counts)));
    CHECK((threw<mtaio::TimeoutError>(outcome) || threw<mtaio::ExecutionError>(outcome)));
    CHECK(counts.started == counts.ended);
  }
}

TASK_TEST_CASE("races: executors destroyed in stop callbacks, while the workers are busy", 2) {
  mtaio::TaskExecutor executor;
  const auto nap = [](int) { return mtaio::sleep(0s); };
  const auto be_busy = [](mtaio::TaskExecutor& of, auto function) -> mtaio::Task<void> {
    co_await of.map(function, std::views::iota(0), {.limit = 50});
  };
  const auto busy = executor.create_task(be_busy(executor, nap));
  const auto destroy_when_stopped =
      [](std::optional<mtaio::TaskExecutor>& which) -> mtaio::Task<void> {
    const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
    const mtaio::StopCallback callback{token, [&which] { which.reset(); }};
    co_await mtaio::sleep(1h);
  };
  for (int round = 0; round < 100; ++round) {
    Counts counts;
    std::optional<mtaio::TaskExecutor> inner;
    inner.emplace();
    for (int i = 0; i < 10; ++i) const auto handle = inner->create_task(wait_until_stopped(counts));

    const auto outcome =
        co_await outcome_of(executor.run(destroy_when_stopped(inner), {.timeout = 1ms}));

    CHECK(threw<mtaio::TimeoutError>(outcome));
    CHECK(counts.started == counts.ended);
  }
}

}  // namespace
