// create_task, TaskHandle, cancel_all, close, and the executor's destructor.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <memory>
#include <optional>
#include <stdexcept>

namespace sweeps {
namespace {

// A task refers to places of the one that creates it; so its executor is one that goes, and waits,
// before they do.

/// What awaiting the handle throws; null if it gives a result.
template <class T>
mtaio::Task<std::exception_ptr> failure_of(mtaio::TaskHandle<T> handle) {
  try {
    (void)co_await handle;
    co_return nullptr;
  } catch (...) {
    co_return std::current_exception();
  }
}

template <class T>
mtaio::Task<void> expect_cancelled(mtaio::TaskHandle<T> handle) {
  const std::exception_ptr error = co_await failure_of(std::move(handle));
  expect_root<mtaio::CancelledError>(error);
}

mtaio::Task<void> created(World& world) {
  Place here{world};
  mtaio::TaskExecutor executor;
  auto first = executor.create_task(twice(world, here, Item{1}));
  auto second = executor.create_task(pass(world, here));
  auto third = executor.create_task(fail(world, here));
  co_await second;
  const Item result = co_await first;
  expect(result.value() == 2 && first.done() && second.done(), "result");
  const std::exception_ptr error = co_await failure_of(std::move(third));
  expect_root<Genuine>(error);
}

mtaio::Task<void> stopped(World& world) {
  Place here{world};
  mtaio::TaskExecutor executor;
  auto handle = executor.create_task(linger(world, here));
  auto other = std::move(handle);
  other.request_stop();
  co_await expect_cancelled(std::move(other));
}

/// Gets its turn, and stays out of the user's code: a failure would not be reported.
mtaio::Task<void> let_others_run() { co_await mtaio::sleep(0s); }

mtaio::Task<void> unawaited(World& world) {
  {
    const auto ended = world.executor.create_task(let_others_run());
  }
  auto running = world.executor.create_task(let_others_run());
  co_await mtaio::sleep(0s);
}

mtaio::Task<void> cancelled_all(World& world) {
  Place here{world};
  mtaio::TaskExecutor executor;
  std::vector<mtaio::TaskHandle<void>> handles;
  for (int i = 0; i < 3; ++i) handles.push_back(executor.create_task(linger(world, here)));
  co_await mtaio::sleep(0s);
  co_await executor.cancel_all();
  for (auto& handle : handles) co_await expect_cancelled(std::move(handle));
}

mtaio::Task<void> closed(World& world) {
  Place here{world};
  mtaio::TaskExecutor executor;
  auto running = executor.create_task(linger(world, here));
  co_await executor.close();
  co_await expect_cancelled(std::move(running));
  const auto use = [&] { (void)executor.run(let_others_run()); };
  const auto gather = [&] { (void)executor.gather(let_others_run()); };
  const auto create = [&] { (void)executor.create_task(let_others_run()); };
  const auto call = [&] { (void)executor.run_in_thread(user_code); };
  expect(throws<std::logic_error>(use) && throws<std::logic_error>(gather) &&
             throws<std::logic_error>(create) && throws<std::logic_error>(call),
         "a closed executor takes work");
}

/// The destructor waits on a worker, and others do its work meanwhile.
mtaio::Task<void> destroyed(World& world) {
  Place here{world};
  std::optional<mtaio::TaskHandle<void>> lingering;
  std::optional<mtaio::TaskHandle<Item>> ending;
  {
    mtaio::TaskExecutor executor;
    lingering = executor.create_task(linger(world, here));
    ending = executor.create_task(twice(world, here, Item{1}));
    co_await mtaio::sleep(0s);
  }
  expect(lingering->done() && ending->done(), "still running after the destructor");
  co_await expect_cancelled(*std::move(lingering));
  const std::exception_ptr error = co_await failure_of(*std::move(ending));
  if (error) expect_root<mtaio::CancelledError>(error);
}

mtaio::Task<void> destroy_it(World& world, Place& around,
                             std::unique_ptr<mtaio::TaskExecutor>& executor) {
  Place here{world, &around};
  co_await mtaio::sleep(0s);
  executor.reset();
}

mtaio::Task<void> destroyed_by_its_task(World& world) {
  Place here{world};
  auto executor = std::make_unique<mtaio::TaskExecutor>();
  auto other = executor->create_task(linger(world, here));
  auto destroyer = executor->create_task(destroy_it(world, here, executor));
  co_await destroyer;
  co_await expect_cancelled(std::move(other));
}

mtaio::Task<void> linger_alone(World& world) {
  Place here{world};
  co_await mtaio::sleep(kLong);
}

/// The run stops the tasks that are left, and waits for them.
mtaio::Task<void> left_running(World& world) {
  auto left = world.executor.create_task(linger_alone(world));
  auto dropped = world.executor.create_task(let_others_run());
  co_await mtaio::sleep(0s);
  user_code();
}

/// Several of these: destructors that wait on workers at the same time.
mtaio::Task<void> destroy_one(World& world, Place& around) {
  Place here{world, &around};
  mtaio::TaskExecutor executor;
  auto lingering = executor.create_task(linger(world, here));
  co_await mtaio::sleep(0s);
}

mtaio::Task<void> destroyed_at_once(World& world) {
  Place here{world};
  std::vector<mtaio::Task<void>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(destroy_one(world, here));
  co_await world.executor.gather(std::move(tasks));
}

}  // namespace

std::span<const Scenario> created_task_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "create_task, awaited", .task = created, .starts_threads = true},
      {.name = "create_task, stopped by its handle", .task = stopped, .starts_threads = true},
      {.name = "create_task, never awaited", .task = unawaited},
      {.name = "cancel_all", .task = cancelled_all, .starts_threads = true},
      {.name = "close", .task = closed},
      {.name = "an executor destroyed with tasks", .task = destroyed, .may_overlook = true},
      {.name = "an executor destroyed by its own task",
       .task = destroyed_by_its_task,
       .starts_threads = true},
      {.name = "executors destroyed at once", .task = destroyed_at_once, .may_overlook = true},
      {.name = "create_task, left at the end of the run",
       .task = left_running,
       .may_overlook = true},
  };
  return kAll;
}

}  // namespace sweeps
