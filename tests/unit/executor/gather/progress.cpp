#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::outcome_of;
using test::threw;

namespace {

struct Reading {
  explicit Reading(const mtaio::Progress& progress)
      : total{progress.total()},
        started{progress.started()},
        done{progress.done()},
        failed{progress.failed()} {}
  Reading(std::size_t of, std::size_t begun, std::size_t ended, std::size_t bad)
      : total{of}, started{begun}, done{ended}, failed{bad} {}
  bool operator==(const Reading&) const = default;
  std::size_t total;
  std::size_t started;
  std::size_t done;
  std::size_t failed;
};

mtaio::Task<void> look(const mtaio::Progress& progress, std::vector<Reading>& readings) {
  readings.emplace_back(progress);
  co_return;
}

mtaio::Task<int> even_only(int number) {
  co_await mtaio::sleep(0s);
  if (number % 2 != 0) throw std::runtime_error{"odd"};
  co_return number;
}

TEST_CASE("Progress: starts at zero") {
  const mtaio::Progress progress;
  CHECK(Reading{progress} == Reading{0, 0, 0, 0});
}

TASK_TEST_CASE("Progress: a gather that is refused because of an empty task counts nothing") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;
  mtaio::Task<int> none = even_only(2);
  co_await std::move(none);
  // NOLINTBEGIN(bugprone-use-after-move): that is the mistake
  const auto outcome = co_await outcome_of(
      executor.gather(mtaio::GatherOptions{.progress = &progress}, even_only(4), std::move(none)));
  // NOLINTEND(bugprone-use-after-move)
  CHECK(threw<std::logic_error>(outcome));
  CHECK(Reading{progress} == Reading{0, 0, 0, 0});
}

TASK_TEST_CASE("Progress: counts started and ended tasks while a gather runs") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;
  std::vector<Reading> readings;
  auto tasks = test::many(3, [&](int) { return look(progress, readings); });

  co_await executor.gather(std::move(tasks), {.limit = 1, .progress = &progress});

  REQUIRE(readings.size() == 3);
  CHECK(readings[0] == Reading{3, 1, 0, 0});
  CHECK(readings[1] == Reading{3, 2, 1, 0});
  CHECK(readings[2] == Reading{3, 3, 2, 0});
  CHECK(Reading{progress} == Reading{3, 3, 3, 0});
}

TASK_TEST_CASE("Progress: counts failures") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;

  co_await executor.map(mtaio::return_exceptions, even_only, std::views::iota(0, 10),
                        {.progress = &progress});

  CHECK(Reading{progress} == Reading{10, 10, 10, 5});
}

TASK_TEST_CASE(
    "Progress: after a failure that stops a gather, everything that was started is done") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;

  const auto outcome = co_await outcome_of(
      executor.map(even_only, std::views::iota(0, 10), {.limit = 2, .progress = &progress}));

  CHECK_FALSE(outcome.has_value());
  CHECK(progress.total() == 10);
  CHECK(progress.started() == progress.done());
  CHECK(progress.started() <= 3);
  CHECK(progress.failed() >= 1);
}

TASK_TEST_CASE("Progress: the total of a range without a size is zero until its end is known") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;
  std::istringstream text{"1 2 3"};
  std::vector<std::size_t> totals;
  const auto note = [&](int) {
    totals.push_back(progress.total());
    return mtaio::sleep(0s);
  };

  co_await executor.map(note, std::views::istream<int>(text), {.limit = 1, .progress = &progress});

  CHECK(totals == std::vector<std::size_t>{0, 0, 0});
  CHECK(Reading{progress} == Reading{3, 3, 3, 0});
}

TASK_TEST_CASE(
    "Progress: an element that the range could not give counts as started, done and failed") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;
  const auto two_then_fail = [](int i) {
    if (i == 2) throw std::runtime_error{"no third one"};
    return i;
  };
  const auto pass = [](int) { return mtaio::sleep(0s); };

  const auto outcome = co_await outcome_of(
      executor.map(pass, std::views::iota(0) | std::views::transform(two_then_fail),
                   {.limit = 1, .progress = &progress}));

  CHECK_FALSE(outcome.has_value());
  CHECK(progress.started() == 3);
  CHECK(progress.done() == 3);
  CHECK(progress.failed() == 1);
}

TASK_TEST_CASE("Progress: several calls that share one are counted together") {
  mtaio::TaskExecutor executor;
  mtaio::Progress progress;
  const mtaio::GatherOptions options{.progress = &progress};

  co_await executor.map(even_only, std::views::iota(0, 1), options);
  co_await executor.gather(options, even_only(0), even_only(2));

  CHECK(Reading{progress} == Reading{3, 3, 3, 0});
}

TEST_CASE("Progress: any thread may read it at any time, and done never runs ahead of started") {
  mtaio::Progress progress;
  std::atomic<bool> over{false};
  bool ordered = true;
  std::thread reader{[&] {
    while (!over) {
      const std::size_t done = progress.done();
      ordered = ordered && progress.started() >= done;
    }
  }};
  const auto test = [](mtaio::Progress& shared) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    co_await executor.map(mtaio::return_exceptions, even_only, std::views::iota(0, 5'000),
                          {.limit = 50, .progress = &shared});
  };

  mtaio::run(test(progress), {.threads = 3});
  over = true;
  reader.join();

  CHECK(ordered);
  CHECK(Reading{progress} == Reading{5'000, 5'000, 5'000, 2'500});
}

}  // namespace
