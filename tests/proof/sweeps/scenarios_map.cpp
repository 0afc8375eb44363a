// TaskExecutor::map in all its forms.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <ranges>

namespace sweeps {
namespace {

/// A function of the user's that returns a task.
struct TwiceLater {
  TwiceLater(World& in, Place& place) : world{&in}, around{&place} {}
  TwiceLater(const TwiceLater& other) : world{other.world}, around{other.around} { user_code(); }
  TwiceLater& operator=(const TwiceLater&) = delete;
  ~TwiceLater() = default;

  mtaio::Task<Item> operator()(const Item& item) const {
    user_code();
    return twice(*world, *around, item);
  }

  World* world;
  Place* around;
};

Item sum(const Item& a, const Item& b) {
  user_code();
  return Item{a.value() + b.value()};
}

void ignore(const Item&) { user_code(); }

mtaio::Task<void> async(World& world) {
  Place here{world};
  const TwiceLater function{world, here};
  const auto results = co_await world.executor.map(function, Numbers{4}, {.limit = 2});
  expect_doubles(results, 4);
}

mtaio::Task<void> async_over_items(World& world) {
  Place here{world};
  const TwiceLater function{world, here};
  std::vector<Item> items;
  for (int i = 1; i <= 3; ++i) items.emplace_back(i);
  expect_doubles(co_await world.executor.map(function, items), 3);
  expect_doubles(co_await world.executor.map(function, std::move(items)), 3);
}

mtaio::Task<void> two_ranges(World& world) {
  Place here{world};
  Numbers first{3};
  expect_doubles(co_await world.executor.map(sum, first, Numbers{9}, {.limit = 2}), 3);
}

mtaio::Task<void> plain(World& world) {
  const Twice function;
  expect_doubles(co_await world.executor.map(function, Numbers{3}, {.limit = 2}), 3);
}

mtaio::Task<void> plain_in_a_pool(World& world) {
  std::vector<Item> items;
  for (int i = 1; i <= 4; ++i) items.emplace_back(i);
  const Twice function;
  expect_doubles(co_await world.with_pool.map(function, items), 4);
  co_await world.with_pool.map(ignore, items, {.limit = 3});
}

mtaio::Task<void> outcomes(World& world) {
  Place here{world};
  const auto return_exceptions = mtaio::return_exceptions;
  const TwiceLater later{world, here};
  auto asynchronous =
      co_await world.executor.map(return_exceptions, later, Numbers{4}, {.limit = 3});
  expect_doubled_outcomes(asynchronous, 4, true);
  const Twice now;
  auto threaded = co_await world.executor.map(return_exceptions, now, Numbers{3});
  expect_doubled_outcomes(threaded, 3, true);
  Numbers first{3};
  auto zipped = co_await world.executor.map(return_exceptions, sum, first, Numbers{3});
  expect_doubled_outcomes(zipped, 3, true);
}

mtaio::Task<void> outcomes_of_items(World& world) {
  Place here{world};
  std::vector<Item> items;
  for (int i = 1; i <= 4; ++i) items.emplace_back(i);
  const TwiceLater later{world, here};
  const mtaio::MapOptions options{.limit = 2, .task_timeout = kLong};
  auto results = co_await world.executor.map(mtaio::return_exceptions, later, items, options);
  expect_doubled_outcomes(results, 4);
}

mtaio::Task<void> stopped_by_a_failure(World& world) {
  Place here{world};
  const auto fails_at_three = [&](int number) -> mtaio::Task<Item> {
    return number == 3 ? fail(world, here) : twice(world, here, Item{number});
  };
  std::exception_ptr error;
  try {
    co_await world.executor.map(fails_at_three, std::views::iota(1), {.limit = 2});
  } catch (...) {
    error = std::current_exception();
  }
  expect_root<Genuine>(error);
  expect(as<mtaio::ExecutionError>(error)->index() == 2, "index of the failure");
}

mtaio::Task<void> out_of_time(World& world) {
  Place here{world};
  const auto lingering = [&](int) { return linger(world, here); };
  std::exception_ptr error;
  try {
    co_await world.executor.map(lingering, std::views::iota(0), {.limit = 2, .timeout = kShort});
  } catch (...) {
    error = std::current_exception();
  }
  expect_root<mtaio::TimeoutError>(error);
}

mtaio::Task<void> kept(World& world) {
  Place here{world};
  const TwiceLater function{world, here};
  auto operation = world.executor.map(function, Numbers{2}, {.task_timeout = kLong});
  auto moved = std::move(operation);
  const auto results = co_await std::move(moved);
  expect_doubles(results, 2);
}

}  // namespace

std::span<const Scenario> map_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "map of a function that gives tasks", .task = async},
      {.name = "map over a vector, lvalue and rvalue", .task = async_over_items},
      {.name = "map over two ranges", .task = two_ranges, .starts_threads = true},
      {.name = "map of a plain function", .task = plain, .starts_threads = true},
      {.name = "map of plain functions in a pool", .task = plain_in_a_pool, .starts_threads = true},
      {.name = "map(return_exceptions)", .task = outcomes, .starts_threads = true},
      {.name = "map(return_exceptions) over a vector", .task = outcomes_of_items},
      {.name = "map stopped by a failure", .task = stopped_by_a_failure, .may_overlook = true},
      {.name = "map that times out", .task = out_of_time, .may_overlook = true},
      {.name = "map, kept and moved", .task = kept},
  };
  return kAll;
}

}  // namespace sweeps
