#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// Counts the tasks that are under way, at every moment.
class Gauge {
 public:
  void begin() {
    const int live = ++live_;
    int highest = highest_;
    while (live > highest && !highest_.compare_exchange_weak(highest, live)) {
    }
  }
  void end() { --live_; }
  [[nodiscard]] int highest() const { return highest_; }
  [[nodiscard]] int live() const { return live_; }

 private:
  std::atomic<int> live_{0};
  std::atomic<int> highest_{0};
};

/// From the first line of the task to the destruction of its locals.
class Measured {
 public:
  explicit Measured(Gauge& gauge) : gauge_{gauge} { gauge_.begin(); }
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;
  ~Measured() { gauge_.end(); }

 private:
  Gauge& gauge_;
};

mtaio::Task<int> wait_a_little(Gauge& gauge, int number) {
  const Measured measured{gauge};
  for (int i = 0; i < number % 4; ++i) co_await mtaio::sleep(0s);
  if (number % 16 == 7) co_await mtaio::sleep(20us);
  if (number % 32 == 9) throw std::runtime_error{"nine"};
  co_return number;
}

mtaio::Task<void> note_start(std::vector<int>& starts, int number) {
  starts.push_back(number);
  for (int i = 0; i < (number * 7) % 5; ++i) co_await mtaio::sleep(0s);
}

TEST_CASE("gather: never more tasks than the limit are started and not yet finished") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    for (const int limit : {1, 2, 3, 8, 100}) {
      CAPTURE(threads);
      CAPTURE(limit);
      Gauge gauge;
      const auto test = [](Gauge& at, int most) -> mtaio::Task<void> {
        mtaio::TaskExecutor executor;
        auto tasks = test::many(400, [&](int i) { return wait_a_little(at, i); });
        const auto outcomes =
            co_await executor.gather(mtaio::return_exceptions, std::move(tasks), {.limit = most});
        CHECK(outcomes.size() == 400);
      };

      mtaio::run(test(gauge, limit), {.threads = threads});

      CHECK(gauge.highest() <= limit);
      CHECK(gauge.live() == 0);
    }
  }
}

TASK_TEST_CASE("gather: as many tasks as the limit allows run concurrently") {
  mtaio::TaskExecutor executor;
  Gauge gauge;
  const auto meet = [](Gauge& at, mtaio::Latch& latch) -> mtaio::Task<void> {
    const Measured measured{at};
    latch.count_down();
    co_await latch.wait();
  };
  mtaio::Latch all_there{5};
  auto tasks = test::many(5, [&](int) { return meet(gauge, all_there); });

  co_await executor.gather(std::move(tasks), {.limit = 5});

  CHECK(gauge.highest() == 5);
}

TASK_TEST_CASE("gather: a task starts as soon as another one ends") {
  mtaio::TaskExecutor executor;
  mtaio::Latch last_started{1};
  const auto wait_for_last = [](mtaio::Latch& latch) -> mtaio::Task<void> {
    co_await latch.wait();
  };
  const auto open = [](mtaio::Latch& latch) -> mtaio::Task<void> {
    latch.count_down();
    co_return;
  };
  std::vector<mtaio::Task<void>> tasks;
  tasks.push_back(wait_for_last(last_started));
  for (int i = 0; i < 10; ++i) tasks.push_back(open(last_started));

  co_await executor.gather(std::move(tasks), {.limit = 2});  // the ten go past the one that waits
}

TEST_CASE("gather: tasks start in the order of the range, with any limit") {
  for (const int limit : {1, 3, 64, 1000}) {
    CAPTURE(limit);
    std::vector<int> starts;
    const auto test = [](std::vector<int>& order, int most) -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      auto tasks = test::many(300, [&](int i) { return note_start(order, i); });
      co_await executor.gather(std::move(tasks), {.limit = most});
    };

    mtaio::run(test(starts, limit), {.threads = 1});

    CHECK(starts.size() == 300);
    CHECK(std::ranges::is_sorted(starts));
  }
}

TASK_TEST_CASE(
    "gather: with a limit of 1 the tasks run one after the other, on several threads too", 4) {
  mtaio::TaskExecutor executor;
  std::vector<int> notes;  // not atomic: each task sees what the one before it did
  auto tasks = test::many(2'000, [&](int i) { return note_start(notes, i); });

  co_await executor.gather(std::move(tasks), {.limit = 1});

  CHECK(notes.size() == 2'000);
  CHECK(std::ranges::is_sorted(notes));
}

TASK_TEST_CASE("gather: the limit holds for several awaitables too") {
  mtaio::TaskExecutor executor;
  Gauge gauge;

  co_await executor.gather(mtaio::GatherOptions{.limit = 2}, wait_a_little(gauge, 1),
                           wait_a_little(gauge, 2), wait_a_little(gauge, 3),
                           wait_a_little(gauge, 5), wait_a_little(gauge, 6));

  CHECK(gauge.highest() == 2);
}

TASK_TEST_CASE("gather: a limit of less than 1 is an invalid_argument, before anything starts") {
  mtaio::TaskExecutor executor;
  Gauge gauge;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(wait_a_little(gauge, 1));

  CHECK_THROWS_AS((void)executor.gather(tasks, {.limit = 0}), std::invalid_argument);
  CHECK_THROWS_AS((void)executor.gather(tasks, {.limit = -1}), std::invalid_argument);
  CHECK_THROWS_AS((void)executor.gather(tasks, {.limit = std::numeric_limits<std::int64_t>::min()}),
                  std::invalid_argument);

  CHECK(gauge.highest() == 0);
  co_await executor.gather(tasks, {.limit = std::numeric_limits<std::uint64_t>::max()});
  CHECK(gauge.highest() == 1);
}

}  // namespace
