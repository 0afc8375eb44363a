/// Functions in threads, in a simulation that has no threads.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::outcome_of;

namespace {

constexpr std::uint64_t kSeeds = 300;

mtaio::Task<void> call(mtaio::TaskExecutor& executor, int& calls, auto function) {
  ++calls;
  co_await executor.run_in_thread(function);
}

mtaio::Task<void> wait_until(const int& count, int reached) {
  while (count < reached) co_await mtaio::sleep(0s);
}

/// The order in which five functions run that were given to `executor` one after the other.
mtaio::Task<std::string> order_of_five(mtaio::TaskExecutor& executor) {
  std::string order;
  const auto note = [&order](char name) { order += name; };
  co_await executor.map(note, std::string{"abcde"});
  co_return order;
}

std::set<std::string> orders_in(mtaio::TaskExecutor& executor) {
  std::set<std::string> orders;
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    simulation.restart(seed);
    orders.insert(simulation.run(order_of_five(executor)));
  }
  return orders;
}

mtaio::Task<void> look_on(bool& looking, bool& inside) {
  while (looking) {
    CHECK_FALSE(inside);
    co_await mtaio::sleep(0s);
  }
}

mtaio::Task<void> run_beside_a_task() {
  mtaio::TaskExecutor executor;
  bool looking = true;
  bool inside = false;
  auto onlooker = executor.create_task(look_on(looking, inside));
  const auto enter_and_leave = [&inside] {
    inside = true;
    std::this_thread::yield();
    inside = false;
  };
  for (int i = 0; i < 10; ++i) co_await executor.run_in_thread(enter_and_leave);
  looking = false;
  co_await onlooker;
}

/// Three functions for one thread, of which the last is given up at once. Returns how many had run
/// when its caller heard of that; 3 if it ran itself.
mtaio::Task<int> give_up_the_last_of_three(mtaio::ThreadPool& pool) {
  mtaio::TaskExecutor executor{pool};
  int calls = 0;
  int ran = 0;
  bool last_ran = false;
  const auto run = [&ran] { ++ran; };
  const auto last = [&] {
    CHECK(ran++ == 2);
    last_ran = true;
  };
  auto one = executor.create_task(call(executor, calls, run));
  co_await wait_until(calls, 1);
  auto two = executor.create_task(call(executor, calls, run));
  co_await wait_until(calls, 2);
  auto three = executor.create_task(call(executor, calls, last));
  co_await wait_until(calls, 3);
  three.request_stop();
  const auto outcome = co_await outcome_of(std::move(three));
  CHECK(outcome.has_value() == last_ran);
  const int ran_before = ran;
  co_await one;
  co_await two;
  co_return ran_before;
}

mtaio::Task<std::string> wait_at_most(mtaio::Timeout timeout) {
  mtaio::TaskExecutor executor;
  const auto read = [](mtaio::StopToken stop) {
    return std::string{stop.stop_requested() ? "told to stop" : "read"};
  };
  const auto outcome =
      co_await outcome_of(executor.run(executor.run_in_thread(read), {.timeout = timeout}));
  co_return outcome ? *outcome : "timed out";
}

mtaio::Task<void> throw_in_a_thread() {
  mtaio::TaskExecutor executor;
  const auto fail = []() -> int { throw std::runtime_error{"no such file"}; };
  co_await executor.run_in_thread(fail);
}

mtaio::Task<int> three() {
  co_await mtaio::sleep(1h);
  co_return 3;
}

}  // namespace

TEST_CASE("Simulation: functions of a pool with one thread run in their order") {
  mtaio::ThreadPool pool{1};
  mtaio::TaskExecutor executor{pool};
  CHECK(orders_in(executor) == std::set<std::string>{"abcde"});
}

TEST_CASE("Simulation: functions of a pool with two threads overtake each other by one") {
  mtaio::ThreadPool pool{2};
  mtaio::TaskExecutor executor{pool};
  const auto orders = orders_in(executor);
  CHECK(orders.contains("abcde"));
  CHECK(orders.contains("bacde"));
  CHECK(orders.contains("bcdea"));  // a takes longer than all the others
  for (const auto& order : orders) CHECK((order.front() == 'a' || order.front() == 'b'));
}

TEST_CASE(
    "Simulation: functions of two pools overtake each other, but not those of their own pool") {
  mtaio::ThreadPool one{1};
  mtaio::ThreadPool other{1};
  mtaio::TaskExecutor executor;
  mtaio::TaskExecutor in_one{one};
  mtaio::TaskExecutor in_other{other};
  std::set<std::string> orders;
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    simulation.restart(seed);
    std::string order;
    const auto note = [&order](char name) { order += name; };
    simulation.run(executor.gather(in_one.map(note, std::string{"ab"}),
                                   in_other.map(note, std::string{"xy"})));
    orders.insert(order);
  }
  CHECK(orders == std::set<std::string>{"abxy", "axby", "axyb", "xaby", "xayb", "xyab"});
}

TEST_CASE("Simulation: a pool that takes the place of another has threads of its own") {
  std::optional<mtaio::ThreadPool> pool;
  const auto order_in = [&pool](Simulation& simulation, std::size_t threads) {
    pool.emplace(threads);
    mtaio::TaskExecutor executor{*pool};
    return simulation.run(order_of_five(executor));
  };
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(seed);
    Simulation simulation{{.seed = seed}};
    order_in(simulation, 5);
    CHECK(order_in(simulation, 1) == "abcde");
  }
}

TEST_CASE("Simulation: functions of the runtime's own pool run in any order") {
  mtaio::TaskExecutor executor;
  const auto orders = orders_in(executor);
  CHECK(orders.contains("abcde"));
  const auto last_before_first = [](const std::string& order) {
    return order.find('e') < order.find('a');
  };
  CHECK(std::ranges::any_of(orders, last_before_first));
}

TEST_CASE("Simulation: a function runs from its start to its end before anything else continues") {
  Simulation simulation{{.seed = 0}};
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(seed);
    simulation.restart(seed);
    simulation.run(run_beside_a_task());
  }
}

TEST_CASE("Simulation: a function that waits for a thread is given up immediately, or runs") {
  mtaio::ThreadPool pool{1};
  Simulation simulation{{.seed = 0}};
  std::set<int> ran;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(seed);
    simulation.restart(seed);
    ran.insert(simulation.run(give_up_the_last_of_three(pool)));
  }
  CHECK(ran == std::set<int>{0, 1, 2, 3});
}

TEST_CASE("Simulation: a timeout shorter than max_lag finds a function started, or not, or done") {
  Simulation simulation{{.seed = 0}};
  std::set<std::string> ends;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    simulation.restart(seed);
    ends.insert(simulation.run(wait_at_most(100us)));
  }
  CHECK(ends == std::set<std::string>{"read", "timed out"});
}

TEST_CASE("Simulation: an exception of a function is the cause of an ExecutionError") {
  CHECK_THROWS_AS(Simulation{}.run(throw_in_a_thread()), mtaio::ExecutionError);
  CHECK_THROWS_AS(Simulation{{.seed = 3}}.run(throw_in_a_thread()), mtaio::ExecutionError);
}

TEST_CASE("Simulation: a function may run another simulation, or a runtime") {
  const auto run_others = []() -> mtaio::Task<int> {
    mtaio::TaskExecutor executor;
    int sum = co_await executor.run_in_thread([] { return Simulation{{.seed = 5}}.run(three()); });
    const auto give = []() -> mtaio::Task<int> { co_return 4; };
    sum += co_await executor.run_in_thread([give] { return mtaio::run(give(), {.threads = 1}); });
    co_await mtaio::sleep(1s);
    co_return sum;
  };
  Simulation simulation;
  CHECK(simulation.run(run_others()) == 7);
  CHECK(simulation.elapsed() == 1s);
}
