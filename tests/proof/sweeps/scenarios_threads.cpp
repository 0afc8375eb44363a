// run_in_thread and ThreadPool.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <functional>
#include <ranges>
#include <thread>

namespace sweeps {
namespace {

Item twice_of(const Item& item) {
  user_code();
  return Item{2 * item.value()};
}

Item throw_genuine() { throw Genuine{}; }

/// Until it is asked to stop.
void spin(mtaio::StopToken stop) {
  user_code();
  while (!stop.stop_requested()) std::this_thread::yield();
}

mtaio::Task<void> in_thread(World& world) {
  const Item number{2};
  const Twice function;
  const Item one = co_await world.executor.run_in_thread(twice_of, number);
  const Item two = co_await world.executor.run_in_thread(function, std::cref(number));
  expect(one.value() == 4 && two.value() == 4, "results");
}

mtaio::Task<void> in_pool(World& world) {
  auto operation = world.with_pool.run_in_thread(twice_of, Item{1});
  auto moved = std::move(operation);
  const Item one = co_await std::move(moved);
  co_await world.with_pool.run_in_thread(user_code);
  expect(one.value() == 2, "result");
}

mtaio::Task<void> that_throws(World& world) {
  std::exception_ptr error;
  try {
    co_await world.executor.run_in_thread(throw_genuine);
  } catch (...) {
    error = std::current_exception();
  }
  expect_root<Genuine>(error);
  expect(as<mtaio::ExecutionError>(error), "not wrapped");
}

mtaio::Task<void> more_than_threads(World& world) {
  const Item number{1};
  const auto call = [&](int) { return world.with_pool.run_in_thread(twice_of, number); };
  const auto results = co_await world.executor.map(call, std::views::iota(0, 5));
  expect(results.size() == 5, "number of results");
  for (const Item& result : results) expect(result.value() == 2, "result");
}

mtaio::Task<void> call_spin(World& world, mtaio::TaskExecutor& executor, Place& around) {
  Place here{world, &around};
  co_await executor.run_in_thread(spin);
}

/// One runs and is told to stop, the other has not started and never does.
mtaio::Task<void> stopped(World& world) {
  Place here{world};
  mtaio::ThreadPool pool{1};
  mtaio::TaskExecutor executor{pool};
  auto running = executor.create_task(call_spin(world, executor, here));
  auto queued = executor.create_task(call_spin(world, executor, here));
  co_await mtaio::sleep(0s);
  co_await executor.cancel_all();
  for (auto* handle : {&running, &queued}) {
    try {
      co_await std::move(*handle);
    } catch (const mtaio::CancelledError&) {
    }
  }
}

mtaio::Task<void> out_of_time(World& world) {
  Place here{world};
  bool timed_out = false;
  try {
    co_await world.executor.run(call_spin(world, world.executor, here), {.timeout = kShort});
  } catch (const mtaio::TimeoutError&) {
    timed_out = true;
  }
  expect(timed_out, "no TimeoutError");
}

/// Its destructor waits for the functions, on a worker.
mtaio::Task<void> pool_in_a_task(World& world) {
  Place here{world};
  mtaio::ThreadPool pool{2};
  mtaio::TaskExecutor executor{pool};
  const auto [one, two] = co_await executor.gather(executor.run_in_thread(twice_of, Item{1}),
                                                   executor.run_in_thread(twice_of, Item{2}));
  expect(one.value() == 2 && two.value() == 4, "results");
}

}  // namespace

std::span<const Scenario> thread_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "run_in_thread", .task = in_thread, .starts_threads = true},
      {.name = "run_in_thread of a pool, kept and moved", .task = in_pool, .starts_threads = true},
      {.name = "run_in_thread of a function that throws", .task = that_throws},
      {.name = "run_in_thread, more calls than threads",
       .task = more_than_threads,
       .starts_threads = true},
      {.name = "run_in_thread that is stopped", .task = stopped, .may_overlook = true},
      {.name = "run_in_thread that times out", .task = out_of_time, .may_overlook = true},
      {.name = "a ThreadPool in a task", .task = pool_in_a_task, .starts_threads = true},
  };
  return kAll;
}

}  // namespace sweeps
