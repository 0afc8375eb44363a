// run(), Runtime, Task, and awaitables of one's own.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <memory>
#include <stdexcept>
#include <thread>

namespace sweeps {
namespace {

void run_on_its_own(World& world) {
  Place here{world};
  const Item result = mtaio::run(twice(world, here, Item{1}), {.threads = 2});
  expect(result.value() == 2, "result of run()");
}

std::unique_ptr<mtaio::lowlevel::Parker> make_parker() {
  user_code();
  return std::make_unique<mtaio::lowlevel::FutexParker>();
}

void run_with_parkers(World& world) {
  Place here{world};
  mtaio::Runtime runtime{{.threads = 2, .make_parker = &make_parker}};
  for (int i = 1; i <= 2; ++i) {
    const Item result = runtime.run(twice(world, here, Item{i}));
    expect(result.value() == 2 * i, "result of Runtime::run()");
  }
}

void run_from_two_threads(World& world) {
  Place here{world};
  std::exception_ptr failure;
  const auto other_run = [&] {
    try {
      const Item result = world.runtime.run(twice(world, here, Item{1}));
      expect(result.value() == 2, "result in the other thread");
    } catch (...) {
      failure = std::current_exception();
    }
  };
  {
    const std::jthread other{other_run};
    const Item result = world.runtime.run(twice(world, here, Item{2}));
    expect(result.value() == 4, "result in this thread");
  }
  if (failure) std::rethrow_exception(failure);
}

void run_an_awaitable(World& world) {
  const Item result = world.runtime.run(Pause{3});
  expect(result.value() == 3, "result of an awaitable");
}

void executor_outside_of_tasks(World& world) {
  Place here{world};
  mtaio::TaskExecutor executor;
  mtaio::ThreadPool pool{1};
  mtaio::TaskExecutor with_pool{pool};
  const Item one = world.runtime.run(executor.run(twice(world, here, Item{1})));
  const Item two = world.runtime.run(with_pool.run_in_thread(Twice{}, Item{1}));
  expect(one.value() == 2 && two.value() == 2, "results");
}

mtaio::Task<int&> same(World& world, Place& around, int& number) {
  Place here{world, &around};
  user_code();
  co_return number;
}

mtaio::Task<SafeItem> move_only(World& world, Place& around) {
  Place here{world, &around};
  user_code();
  co_return SafeItem{7};
}

mtaio::Task<void> tasks_await_tasks(World& world) {
  Place here{world};
  int number = 1;
  int& reference = co_await same(world, here, number);
  const SafeItem safe = co_await move_only(world, here);
  const Item item = co_await twice(world, here, Item{1});
  co_await pass(world, here);
  expect(&reference == &number && safe.value() == 7 && item.value() == 2, "results");
}

mtaio::Task<void> awaitables_of_ones_own(World&) {
  const Item item = co_await Pause{4};
  expect(item.value() == 4, "result");
}

int run_another(World* world, Place* around) {
  const Item result = mtaio::run(twice(*world, *around, Item{1}), {.threads = 1});
  return result.value();
}

mtaio::Task<void> run_in_a_function(World& world) {
  Place here{world};
  const int result = co_await world.executor.run_in_thread(run_another, &world, &here);
  expect(result == 2, "result of a run inside a run");
}

mtaio::Task<void> refused_run(World& world) {
  Place here{world};
  const auto run_on_worker = [&] { world.runtime.run(pass(world, here)); };
  const auto run_in_task = [&] { mtaio::run(pass(world, here)); };
  expect(throws<std::logic_error>(run_on_worker), "run() on a worker");
  expect(throws<std::logic_error>(run_in_task), "run() in a task");
  mtaio::Task<void> moved_from = pass(world, here);
  co_await std::move(moved_from);
  // NOLINTNEXTLINE(bugprone-use-after-move): that is the point
  mtaio::Task<void> task = std::move(moved_from);
  bool refused = false;
  try {
    co_await std::move(task);
  } catch (const std::logic_error&) {
    refused = true;
  }
  expect(refused, "a task awaited twice");
}

}  // namespace

std::span<const Scenario> running_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "mtaio::run makes a runtime", .function = run_on_its_own, .starts_threads = true},
      {.name = "Runtime with parkers of one's own, run twice",
       .function = run_with_parkers,
       .starts_threads = true},
      {.name = "Runtime::run from two threads at once", .function = run_from_two_threads},
      {.name = "Runtime::run of an awaitable", .function = run_an_awaitable},
      {.name = "executors and a pool outside of tasks", .function = executor_outside_of_tasks},
      {.name = "tasks of values, references, void", .task = tasks_await_tasks},
      {.name = "an awaitable of one's own", .task = awaitables_of_ones_own},
      {.name = "run() of another runtime in a thread", .task = run_in_a_function},
      {.name = "run() and awaiting, refused", .task = refused_run},
  };
  return kAll;
}

}  // namespace sweeps
