// TaskExecutor::run, stop tokens, and ExecutionError.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <stop_token>

namespace sweeps {
namespace {

mtaio::Task<void> run_one(World& world) {
  Place here{world};
  const Item result = co_await world.executor.run(twice(world, here, Item{1}));
  expect(result.value() == 2, "result");
}

mtaio::Task<void> run_in_time(World& world) {
  Place here{world};
  const Item result = co_await world.executor.run(twice(world, here, Item{1}), {.timeout = kLong});
  expect(result.value() == 2, "result");
  co_await world.executor.run(pass(world, here), {.timeout = kLong});
}

mtaio::Task<void> run_out_of_time(World& world) {
  Place here{world};
  for (const auto timeout : {0us, kShort}) {
    bool timed_out = false;
    try {
      co_await world.executor.run(linger(world, here), {.timeout = timeout});
    } catch (const mtaio::TimeoutError&) {
      timed_out = true;
    }
    expect(timed_out, "no TimeoutError");
  }
}

mtaio::Task<void> run_an_awaitable(World& world) {
  auto operation = world.executor.run(Pause{5});
  auto moved = std::move(operation);
  const Item result = co_await std::move(moved);
  expect(result.value() == 5, "result");
}

mtaio::Task<Item> run_within(World& world, Place& around, int depth) {
  Place here{world, &around};
  if (depth == 0) co_return co_await fail(world, here);
  co_return co_await world.executor.run(run_within(world, here, depth - 1));
}

mtaio::Task<void> failures_in_failures(World& world) {
  Place here{world};
  std::exception_ptr error;
  try {
    co_await world.executor.run(run_within(world, here, 3));
  } catch (...) {
    error = std::current_exception();
  }
  expect_root<Genuine>(error);
  // Reading and copying it.
  const auto* failure = as<mtaio::ExecutionError>(error);
  expect(failure && failure->index() == 0 && failure->failures().size() == 1, "ExecutionError");
  const mtaio::ExecutionError copy = *failure;
  expect(copy.cause() == failure->cause(), "a copy has the same cause");
}

mtaio::Task<void> linked_to_a_stop_source(World& world) {
  Place here{world};
  std::stop_source source;
  const Item result =
      co_await mtaio::with_stop_token(source.get_token(), twice(world, here, Item{1}));
  expect(result.value() == 2, "result");
  source.request_stop();
  bool cancelled = false;
  try {
    co_await mtaio::with_stop_token(source.get_token(), linger(world, here));
  } catch (const mtaio::CancelledError&) {
    cancelled = true;
  }
  expect(cancelled, "not stopped");
}

/// Ends when it is asked to stop, and says so.
mtaio::Task<void> await_stop(World& world, Place& around, bool& called) {
  Place here{world, &around};
  const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
  const auto note = [&called] { called = true; };
  const mtaio::StopCallback callback{stop, note};
  user_code();
  try {
    co_await mtaio::sleep(kLong);
  } catch (const mtaio::CancelledError&) {
    expect(stop.stop_requested() && called, "the token, or its callback, was not told");
    throw;
  }
}

mtaio::Task<void> stop_tokens(World& world) {
  Place here{world};
  bool called = false;
  bool timed_out = false;
  try {
    co_await world.executor.run(await_stop(world, here, called), {.timeout = kShort});
  } catch (const mtaio::TimeoutError&) {
    timed_out = true;
  }
  expect(timed_out, "no TimeoutError");
}

}  // namespace

std::span<const Scenario> single_task_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "run", .task = run_one},
      {.name = "run with a timeout, in time", .task = run_in_time},
      {.name = "run that times out", .task = run_out_of_time},
      {.name = "run of an awaitable, kept and moved", .task = run_an_awaitable},
      {.name = "run in run in run, the innermost fails", .task = failures_in_failures},
      {.name = "with_stop_token", .task = linked_to_a_stop_source},
      {.name = "this_task::stop_token and StopCallback", .task = stop_tokens, .may_overlook = true},
  };
  return kAll;
}

}  // namespace sweeps
