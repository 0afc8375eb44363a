// sleep, Latch, Timeout and Limit; and the list of all scenarios.
#include "proof/sweeps/scenario.hpp"
#include "proof/sweeps/tasks.hpp"

#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>

namespace sweeps {
namespace {

mtaio::Task<void> slept(World& world) {
  Place here{world};
  mtaio::TaskExecutor executor;
  co_await mtaio::sleep(0s);
  user_code();
  co_await mtaio::sleep(kShort);
  auto sleeping = executor.create_task(linger(world, here));
  co_await mtaio::sleep(0s);
  sleeping.request_stop();
  bool cancelled = false;
  try {
    co_await sleeping;
  } catch (const mtaio::CancelledError&) {
    cancelled = true;
  }
  expect(cancelled, "a sleep that was stopped");
}

mtaio::Task<void> wait_for(World& world, Place& around, mtaio::Latch& latch) {
  Place here{world, &around};
  const bool in_time = co_await latch.wait(kLong);
  user_code();
  const bool open = co_await latch.wait();
  expect(in_time && open, "the latch was not open");
}

mtaio::Task<void> count_down(World& world, Place& around, mtaio::Latch& latch) {
  Place here{world, &around};
  for (int i = 0; i < 2; ++i) {
    user_code();
    co_await latch.count_down();
  }
}

mtaio::Task<void> latch_opened(World& world) {
  Place here{world};
  mtaio::Latch latch{2};
  co_await world.executor.gather(wait_for(world, here, latch), wait_for(world, here, latch),
                                 count_down(world, here, latch));
  expect(latch.get_count() == 0, "count");
}

mtaio::Task<void> latch_closed(World&) {
  mtaio::Latch latch{1};
  const bool at_once = co_await latch.wait(0s);
  const bool in_time = co_await latch.wait(kShort);
  expect(!at_once && !in_time && latch.get_count() == 1, "a latch that stays closed");
}

mtaio::Task<void> wait_alone(mtaio::Latch& latch) { co_await latch.wait(); }

void latch_between_threads(World& world) {
  mtaio::Latch latch{1};
  const std::jthread other{[&] { latch.count_down(); }};
  world.runtime.run(wait_alone(latch));
}

mtaio::Task<void> refused(World&) {
  const auto limit = [] { const mtaio::Limit none{0}; };
  const auto timeout = [] {
    const mtaio::Timeout none{
        std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}};
  };
  const auto latch = [] { const mtaio::Latch negative{-1}; };
  const auto count = [] {
    mtaio::Latch one{1};
    one.count_down(-1);
  };
  const auto pool = [] { const mtaio::ThreadPool none{0}; };
  expect(throws<std::invalid_argument>(limit), "a limit of zero");
  expect(throws<std::invalid_argument>(timeout), "a timeout that is no number");
  expect(throws<std::invalid_argument>(latch), "a negative latch");
  expect(throws<std::invalid_argument>(count), "counting up");
  expect(throws<std::invalid_argument>(pool), "a pool of no threads");
  co_return;
}

}  // namespace

std::span<const Scenario> waiting_scenarios() {
  static constexpr Scenario kAll[]{
      {.name = "sleep", .task = slept, .starts_threads = true},
      {.name = "Latch, wait and count_down", .task = latch_opened},
      {.name = "Latch that stays closed", .task = latch_closed},
      {.name = "Latch between threads", .function = latch_between_threads},
      {.name = "arguments, refused", .task = refused},
  };
  return kAll;
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  for (const auto some : {running_scenarios(), single_task_scenarios(), gather_scenarios(),
                          map_scenarios(), thread_scenarios(), created_task_scenarios(),
                          queue_scenarios(), lock_scenarios(), waiting_scenarios()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace sweeps
