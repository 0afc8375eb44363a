// TaskExecutor::gather in all its forms.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <tuple>
#include <variant>

namespace sweeps {
namespace {

mtaio::Task<void> range(World& world) {
  Place here{world};
  const auto results = co_await world.executor.gather(doubling_tasks(world, here, 4));
  expect_doubles(results, 4);
}

mtaio::Task<void> with_limit(World& world) {
  Place here{world};
  mtaio::Progress progress;
  const auto results = co_await world.executor.gather(doubling_tasks(world, here, 5),
                                                      {.limit = 2, .progress = &progress});
  expect_doubles(results, 5);
  expect(progress.done() == 5 && progress.started() == 5 && progress.failed() == 0, "progress");
}

mtaio::Task<void> of_void(World& world) {
  Place here{world};
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(pass(world, here));
  co_await world.executor.gather(tasks, {.limit = 1});
}

mtaio::Task<void> of_awaitables(World& world) {
  Place here{world};
  std::vector<Pause> pauses;
  pauses.reserve(2);
  pauses.emplace_back(2);
  pauses.emplace_back(4);
  expect_doubles(co_await world.executor.gather(pauses), 2);
  expect_doubles(co_await world.executor.gather(std::move(pauses)), 2);
}

mtaio::Task<void> of_none(World& world) {
  const auto results = co_await world.executor.gather(std::vector<mtaio::Task<Item>>{});
  expect(results.empty(), "results of nothing");
}

mtaio::Task<void> variadic(World& world) {
  Place here{world};
  const auto [item, nothing, pause] =
      co_await world.executor.gather(twice(world, here, Item{1}), pass(world, here), Pause{6});
  expect(item.value() == 2 && nothing == std::monostate{} && pause.value() == 6, "results");
}

mtaio::Task<void> variadic_with_options(World& world) {
  Place here{world};
  const mtaio::GatherOptions options{.limit = 1, .timeout = kLong, .task_timeout = kLong};
  const auto [one, two] = co_await world.executor.gather(options, twice(world, here, Item{1}),
                                                         twice(world, here, Item{2}));
  expect(one.value() == 2 && two.value() == 4, "results");
}

mtaio::Task<void> outcomes_of_range(World& world) {
  Place here{world};
  auto outcomes = co_await world.executor.gather(mtaio::return_exceptions,
                                                 doubling_tasks(world, here, 4), {.limit = 2});
  expect_doubled_outcomes(outcomes, 4);
}

mtaio::Task<void> outcomes_of_awaitables(World& world) {
  std::vector<Pause> pauses;
  pauses.reserve(3);
  for (int i = 1; i <= 3; ++i) pauses.emplace_back(2 * i);
  const mtaio::GatherOptions options{.limit = 2, .task_timeout = kLong};
  auto outcomes = co_await world.executor.gather(mtaio::return_exceptions, pauses, options);
  expect_doubled_outcomes(outcomes, 3);
}

mtaio::Task<void> outcomes_of_some(World& world) {
  Place here{world};
  const auto [one, failed, nothing] = co_await world.executor.gather(
      mtaio::return_exceptions, {.limit = 2}, twice(world, here, Item{1}), fail(world, here),
      pass(world, here));
  expect(one.value().value() == 2, "result");
  expect_root<Genuine>(failed.error());
  nothing.value();
}

mtaio::Task<void> one_fails(World& world) {
  Place here{world};
  auto tasks = doubling_tasks(world, here, 2);
  tasks.push_back(fail(world, here));
  tasks.push_back(twice(world, here, Item{4}));
  std::exception_ptr error;
  try {
    co_await world.executor.gather(std::move(tasks), {.limit = 2});
  } catch (...) {
    error = std::current_exception();
  }
  expect_root<Genuine>(error);
  expect(as<mtaio::ExecutionError>(error)->index() == 2, "index of the failure");
}

mtaio::Task<void> all_fail(World& world) {
  Place here{world};
  std::vector<mtaio::Task<Item>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(fail(world, here));
  std::exception_ptr error;
  try {
    co_await world.executor.gather(std::move(tasks));
  } catch (...) {
    error = std::current_exception();
  }
  expect_root<Genuine>(error);
}

mtaio::Task<void> out_of_time(World& world) {
  Place here{world};
  for (const bool each : {false, true}) {
    std::vector<mtaio::Task<void>> tasks;
    tasks.push_back(pass(world, here));
    tasks.push_back(linger(world, here));
    mtaio::GatherOptions options;
    (each ? options.task_timeout : options.timeout) = kShort;
    std::exception_ptr error;
    try {
      co_await world.executor.gather(std::move(tasks), options);
    } catch (...) {
      error = std::current_exception();
    }
    expect_root<mtaio::TimeoutError>(error);
  }
}

mtaio::Task<void> gather_lingering(World& world, Place& around) {
  Place here{world, &around};
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(linger(world, here));
  co_await world.executor.gather(std::move(tasks), {.limit = 2});
}

mtaio::Task<void> cancelled(World& world) {
  Place here{world};
  mtaio::TaskExecutor executor;
  auto gathering = executor.create_task(gather_lingering(world, here));
  co_await mtaio::sleep(0s);
  gathering.request_stop();
  bool was_cancelled = false;
  try {
    co_await gathering;
  } catch (const mtaio::CancelledError&) {
    was_cancelled = true;
  }
  expect(was_cancelled, "not cancelled");
}

}  // namespace

std::span<const Scenario> gather_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "gather of a range", .task = range},
      {.name = "gather with a limit and progress", .task = with_limit},
      {.name = "gather of void", .task = of_void},
      {.name = "gather of awaitables of one's own", .task = of_awaitables},
      {.name = "gather of nothing", .task = of_none},
      {.name = "gather of several", .task = variadic},
      {.name = "gather of several with options", .task = variadic_with_options},
      {.name = "gather(return_exceptions) of a range", .task = outcomes_of_range},
      {.name = "gather(return_exceptions) of awaitables", .task = outcomes_of_awaitables},
      {.name = "gather(return_exceptions) of several", .task = outcomes_of_some},
      {.name = "gather, one fails", .task = one_fails, .may_overlook = true},
      {.name = "gather, all fail", .task = all_fail, .may_overlook = true},
      {.name = "gather that times out", .task = out_of_time, .may_overlook = true},
      {.name = "gather that is cancelled", .task = cancelled, .may_overlook = true},
  };
  return kAll;
}

}  // namespace sweeps
