/// The destructor asks what `create_task` left running to stop, and waits for it, without deadlock.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::Counts;
using test::on_one_thread;
using test::outcome_of;
using test::threw;
using test::wait_until_stopped;

namespace {

using Executors = std::vector<std::unique_ptr<mtaio::TaskExecutor>>;

/// Keeps an executor of its own busy, and gives that up on the way out.
mtaio::Task<void> wait_with_executors(int depth, Counts& counts) {
  mtaio::TaskExecutor inner;
  if (depth > 0) {
    const auto handle = inner.create_task(wait_with_executors(depth - 1, counts));
    co_await wait_until_stopped(counts);
  } else {
    co_await wait_until_stopped(counts);
  }
}

mtaio::Task<void> destroy(std::unique_ptr<mtaio::TaskExecutor>& executor) {
  executor.reset();
  co_return;
}

TEST_CASE(
    "~TaskExecutor: stops the running tasks and waits for them, inside a task, with any number of "
    "threads") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    CAPTURE(threads);
    test::with_threads(threads, []() -> mtaio::Task<void> {
      Counts counts;
      {
        mtaio::TaskExecutor executor;
        for (int i = 0; i < 20; ++i) {
          const auto handle = executor.create_task(wait_until_stopped(counts));
        }
        co_await mtaio::sleep(0s);
      }
      CHECK(counts.started == counts.ended);
    });
  }
}

TASK_TEST_CASE(
    "~TaskExecutor: tasks that have not begun begin, meet the stop, and are waited for") {
  Counts counts;
  {
    mtaio::TaskExecutor executor;
    const auto handle = executor.create_task(wait_until_stopped(counts));
  }
  CHECK(counts.started == 1);
  CHECK(counts.ended == 1);
  co_return;
}

TEST_CASE(
    "~TaskExecutor: with nothing left running returns immediately, inside and outside a runtime") {
  {
    const mtaio::TaskExecutor executor;
  }
  on_one_thread([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto sum = co_await executor.run_in_thread([] { return 1; });
    CHECK(sum == 1);
  });
}

TASK_TEST_CASE(
    "~TaskExecutor: while it waits on a worker, that worker's other tasks continue, with one "
    "thread too") {
  mtaio::TaskExecutor other;
  std::latch running{1};
  std::latch go_on{1};
  bool stopped = false;
  // The task of the executor ends only after a task that has nothing to do with it has run.
  const auto block = [&] {
    running.count_down();
    go_on.wait();
    stopped = true;
  };
  const auto release = [](std::latch& latch) -> mtaio::Task<void> {
    for (int i = 0; i < 10; ++i) co_await mtaio::sleep(0s);
    latch.count_down();
  };
  const auto call = [](mtaio::TaskExecutor& of, auto function) -> mtaio::Task<void> {
    co_await of.run_in_thread(function);
  };
  std::optional<mtaio::TaskHandle<void>> bystander;
  {
    mtaio::TaskExecutor executor;
    const auto handle = executor.create_task(call(other, block));
    co_await mtaio::sleep(0s);
    running.wait();
    bystander.emplace(other.create_task(release(go_on)));
  }
  CHECK(stopped);
  co_await *bystander;
}

TEST_CASE("~TaskExecutor: may be destroyed by a task that runs on it") {
  for (const std::size_t threads : {1U, 3U}) {
    CAPTURE(threads);
    test::with_threads(threads, []() -> mtaio::Task<void> {
      Counts counts;
      auto executor = std::make_unique<mtaio::TaskExecutor>();
      const auto other = executor->create_task(wait_until_stopped(counts));
      auto destroyer = executor->create_task(destroy(executor));

      co_await destroyer;

      CHECK(executor == nullptr);
      CHECK(counts.started == counts.ended);
      CHECK(other.done());
    });
  }
}

TASK_TEST_CASE(
    "~TaskExecutor: may be destroyed by the last owner, a task that runs on it and continues") {
  auto executor = std::make_shared<mtaio::TaskExecutor>();
  const auto own = [](std::shared_ptr<mtaio::TaskExecutor> owner) -> mtaio::Task<int> {
    co_await mtaio::sleep(0s);
    owner.reset();
    // It has been asked to stop, and is not waited for; it may end as it likes.
    const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
    co_return stop.stop_requested() ? 1 : 2;
  };
  auto handle = executor->create_task(own(executor));
  executor.reset();

  const int result = co_await handle;

  CHECK(result == 1);
}

TEST_CASE("~TaskExecutor: may be destroyed by a child of its own gather, run and map") {
  for (const std::size_t threads : {1U, 3U}) {
    CAPTURE(threads);
    test::with_threads(threads, []() -> mtaio::Task<void> {
      Counts counts;
      Executors executors;
      for (int i = 0; i < 3; ++i) {
        executors.push_back(std::make_unique<mtaio::TaskExecutor>());
        const auto handle = executors.back()->create_task(wait_until_stopped(counts));
      }
      const auto destroy_on_call = [&](int) { return destroy(executors[2]); };

      co_await executors[0]->gather(mtaio::sleep(1ms), destroy(executors[0]), mtaio::sleep(1ms));
      co_await executors[1]->run(destroy(executors[1]), {.timeout = 1h});
      co_await executors[2]->map(destroy_on_call, std::views::iota(0, 3), {.limit = 1});

      for (const auto& executor : executors) CHECK(executor == nullptr);
      CHECK(counts.started == counts.ended);
    });
  }
}

TEST_CASE("~TaskExecutor: may be destroyed by a function that it runs in a thread") {
  for (const std::size_t threads : {1U, 3U}) {
    CAPTURE(threads);
    test::with_threads(threads, []() -> mtaio::Task<void> {
      Counts counts;
      auto executor = std::make_unique<mtaio::TaskExecutor>();
      const auto handle = executor->create_task(wait_until_stopped(counts));
      const auto reset = [&executor] { executor.reset(); };

      co_await executor->run_in_thread(reset);

      CHECK(executor == nullptr);
      CHECK(counts.started == counts.ended);
    });
  }
}

TEST_CASE(
    "~TaskExecutor: of nested executors blocks on the inside while the outer one is destroyed, "
    "without deadlock") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    for (const int depth : {1, 2, 5}) {
      CAPTURE(threads);
      CAPTURE(depth);
      const auto test = [](int levels) -> mtaio::Task<void> {
        Counts counts;
        {
          mtaio::TaskExecutor outer;
          const auto handle = outer.create_task(wait_with_executors(levels, counts));
          const auto another = outer.create_task(wait_with_executors(levels, counts));
          while (counts.started < 2 * (levels + 1)) co_await mtaio::sleep(0s);
        }
        CHECK(counts.ended == 2 * (levels + 1));
      };
      for (int round = 0; round < 20; ++round) mtaio::run(test(depth), {.threads = threads});
    }
  }
}

TASK_TEST_CASE("~TaskExecutor: many destructors may wait on the same worker concurrently") {
  mtaio::TaskExecutor executor;
  Counts counts;
  const auto own = [](Counts& to) -> mtaio::Task<void> {
    mtaio::TaskExecutor inner;
    const auto handle = inner.create_task(wait_until_stopped(to));
    co_await mtaio::sleep(0s);
  };
  auto tasks = test::many(30, [&](int) { return own(counts); });

  co_await executor.gather(std::move(tasks));

  CHECK(counts.started == 30);
  CHECK(counts.ended == 30);
}

TASK_TEST_CASE("~TaskExecutor: a failure of a task that it stops does not come out of it") {
  const auto fail_when_stopped = []() -> mtaio::Task<void> {
    [[maybe_unused]] const auto stopped = co_await outcome_of(mtaio::sleep(1h));
    throw std::runtime_error{"while stopping"};
  };
  std::optional<mtaio::TaskHandle<void>> handle;
  {
    mtaio::TaskExecutor executor;
    handle.emplace(executor.create_task(fail_when_stopped()));
    co_await mtaio::sleep(0s);
  }
  const auto outcome = co_await outcome_of(std::move(*handle));
  CHECK(threw<std::runtime_error>(outcome));
}

}  // namespace
