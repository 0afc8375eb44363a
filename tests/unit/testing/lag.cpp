/// How busy a simulated machine is: what is ready waits for its turn, but never for too long.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ranges>
#include <vector>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::outcome_of;
using test::threw;

namespace {

constexpr std::chrono::nanoseconds kMaxLag = 1ms;  // the default
constexpr std::uint64_t kSeeds = 1'000;

mtaio::Task<void> nap(mtaio::Timeout time) { co_await mtaio::sleep(time); }

mtaio::Task<void> sleep_side_by_side() {
  mtaio::TaskExecutor executor;
  co_await executor.gather({.timeout = 30s}, nap(1s), nap(2s), nap(3s), nap(3s));
}

mtaio::Task<void> tick(std::chrono::nanoseconds until, std::chrono::nanoseconds every) {
  for (std::chrono::nanoseconds time{}; time < until; time += every) co_await mtaio::sleep(every);
}

mtaio::Task<void> pass_on(mtaio::AsyncQueue<int>& from, mtaio::AsyncQueue<int>& to) {
  while (const auto item = co_await from.next()) co_await to.put(*item);
  to.shutdown();
}

mtaio::Task<void> produce(mtaio::AsyncQueue<int>& to) {
  for (int i = 0; i < 30; ++i) {
    co_await to.put(i);
    co_await mtaio::sleep(100ms);
  }
  to.shutdown();
}

mtaio::Task<int> count(mtaio::TaskExecutor& executor, mtaio::AsyncQueue<int>& from) {
  int items = 0;
  while (const auto item = co_await from.next()) {
    co_await executor.run_in_thread([&items] { ++items; });
  }
  co_return items;
}

/// Takes 3 s, with something going on in each moment of them.
mtaio::Task<int> busy_program() {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> first{1};
  mtaio::AsyncQueue<int> second{1};
  auto [items, a, b, c] = co_await executor.gather(count(executor, second), produce(first),
                                                   pass_on(first, second), tick(3s, 10ms));
  co_return items;
}

mtaio::Task<int> with_a_timeout(mtaio::Timeout timeout) {
  mtaio::TaskExecutor executor;
  co_return co_await executor.run(busy_program(), {.timeout = timeout});
}

/// The longest time, by the clock of `simulation`, that anything waited for its turn.
struct Longest {
  Simulation& simulation;
  std::chrono::nanoseconds time{};
  void waited_since(std::chrono::nanoseconds since) {
    time = std::max(time, simulation.elapsed() - since);
  }
};

mtaio::Task<void> measure_turns(Longest& longest) {
  for (int i = 0; i < 20; ++i) {
    const auto since = longest.simulation.elapsed();
    co_await mtaio::sleep(0s);
    longest.waited_since(since);
  }
}

/// A child of a gather, to be started when the one before it has been, at `since`.
mtaio::Task<void> measure_start(Longest& longest, std::chrono::nanoseconds& since,
                                mtaio::Timeout time) {
  longest.waited_since(since);
  since = longest.simulation.elapsed();
  co_await mtaio::sleep(time);
}

mtaio::Task<void> measure_starts(mtaio::TaskExecutor& executor, Longest& longest) {
  for (int i = 0; i < 5; ++i) {
    auto since = longest.simulation.elapsed();
    co_await executor.gather(measure_start(longest, since, 0s), measure_start(longest, since, 1us),
                             measure_start(longest, since, 10ms),
                             measure_start(longest, since, 0s));
  }
}

mtaio::Task<void> measure_functions(mtaio::TaskExecutor& executor, Longest& longest) {
  for (int i = 0; i < 10; ++i) {
    const auto since = longest.simulation.elapsed();
    const auto measure = [&longest, since] { longest.waited_since(since); };
    co_await executor.run_in_thread(measure);
  }
}

mtaio::Task<void> sleep_exactly(Longest& longest) {
  for (int i = 0; i < 100; ++i) {
    const auto since = longest.simulation.elapsed() + 300us;
    co_await mtaio::sleep(300us);
    CHECK(longest.simulation.elapsed() >= since);
    longest.waited_since(since);
  }
}

mtaio::Task<void> measure_everything(Longest& longest) {
  mtaio::TaskExecutor executor;
  co_await executor.gather(measure_turns(longest), measure_turns(longest), sleep_exactly(longest),
                           measure_starts(executor, longest), measure_functions(executor, longest));
}

mtaio::Task<void> never_wait() {
  for (;;) co_await mtaio::sleep(0s);
}

mtaio::Task<int> map_for_ever(mtaio::TaskExecutor& executor) {
  const auto give = [](int number) -> mtaio::Task<int> { co_return number; };
  const auto numbers = co_await executor.map(give, std::views::iota(0), {.timeout = 50ms});
  co_return static_cast<int>(numbers.size());
}

}  // namespace

TEST_CASE("Simulation: sleeping side by side takes no longer than the longest, whatever the seed") {
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= 10 * kSeeds; ++seed) {
    simulation.restart(seed);
    simulation.run(sleep_side_by_side());
    if (simulation.elapsed() > 3s + 5ms) FAIL_CHECK("seed " << seed);
  }
}

TEST_CASE("Simulation: a timeout of 30 s never fires in a program that takes 3 s") {
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(seed);
    simulation.restart(seed);
    REQUIRE(simulation.run(with_a_timeout(30s)) == 30);
    REQUIRE(simulation.elapsed() >= 3s);
    REQUIRE(simulation.elapsed() < 4s);
  }
}

TEST_CASE("Simulation: a chain of steps takes no longer than an eighth of max_lag for each") {
  const auto long_chain = []() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto ticking = executor.create_task(tick(1h, 1ms));
    for (int i = 0; i < 10'000; ++i) co_await mtaio::sleep(0s);
  };
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    simulation.restart(seed);
    simulation.run(long_chain());
    CHECK(simulation.elapsed() < 1250ms);
    CHECK(simulation.elapsed() > 100ms);
  }
}

TEST_CASE("Simulation: a timeout fires if it is too short, whatever the seed") {
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    simulation.restart(seed);
    REQUIRE_THROWS_AS(simulation.run(with_a_timeout(2s)), mtaio::TimeoutError);
  }
}

TEST_CASE("Simulation: no ready task waits for longer than max_lag, and some wait so long") {
  for (const auto max_lag : {std::chrono::nanoseconds{kMaxLag}, std::chrono::nanoseconds{5ms}}) {
    std::chrono::nanoseconds longest_of_all{};
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      CAPTURE(seed);
      Simulation simulation{{.seed = seed, .max_lag = max_lag}};
      Longest longest{simulation};
      simulation.run(measure_everything(longest));
      REQUIRE(longest.time <= max_lag);
      longest_of_all = std::max(longest_of_all, longest.time);
    }
    CHECK(longest_of_all == max_lag);
  }
}

TEST_CASE("Simulation: with a max_lag of zero time passes only while everything waits") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    Simulation simulation{{.seed = seed, .max_lag = 0s}};
    Longest longest{simulation};
    simulation.run(measure_everything(longest));
    CHECK(longest.time == 0s);
    CHECK(simulation.run(with_a_timeout(30s)) == 30);
  }
}

TEST_CASE("Simulation: max_lag without limit lets every timeout fire, or none") {
  int timed_out = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Simulation simulation{{.seed = seed, .max_lag = mtaio::Timeout::forever()}};
    const auto outcome = simulation.run(outcome_of(sleep_side_by_side()));
    if (threw<mtaio::TimeoutError>(outcome)) ++timed_out;
  }
  CHECK(timed_out > 0);
  CHECK(timed_out < static_cast<int>(kSeeds));
}

TEST_CASE("Simulation: with a seed, a task that never waits meets its timeout all the same") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Simulation simulation{{.seed = seed}};
    mtaio::TaskExecutor executor;
    CHECK_THROWS_AS(simulation.run(executor.run(never_wait(), {.timeout = 100ms})),
                    mtaio::TimeoutError);
    CHECK_THROWS_AS(simulation.run(map_for_ever(executor)), mtaio::TimeoutError);
  }
}
