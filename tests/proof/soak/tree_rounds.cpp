#include "proof/soak/planted.hpp"
#include "proof/soak/rounds.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace soak {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

/// What the tasks of one round share.
struct Forest {
  explicit Forest(Totals& of) : totals{of} {}

  Totals& totals;
  mtaio::ThreadPool pool{3};
  mtaio::TaskExecutor executor;
  mtaio::TaskExecutor with_pool{pool};
  std::atomic<int> alive{0};  // tasks, and functions in threads
};

class Alive {
 public:
  explicit Alive(Forest& forest) noexcept : forest_{forest} { ++forest_.alive; }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  ~Alive() {
    if (!planted("task")) --forest_.alive;
  }

 private:
  Forest& forest_;
};

/// What fails on purpose.
struct Felled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Complains unless all that failed did so on purpose, or took too long.
void check_failure(Totals& totals, const std::exception_ptr& failure) {
  ++totals.failures;
  try {
    std::rethrow_exception(failure);
  } catch (const mtaio::ExecutionError& error) {
    for (const auto& each : error.failures()) check_failure(totals, each.cause);
  } catch (const mtaio::TimeoutError&) {
    ++totals.timeouts;
  } catch (const Felled&) {
  } catch (const std::exception& error) {
    totals.complain(std::string{"a task failed: "} + error.what());
  } catch (const mtaio::CancelledError&) {
    totals.complain("a task that was cancelled counts as one that failed");
  }
}

mtaio::Task<int> grow(Forest& forest, std::uint32_t seed, int depth);

int block(mtaio::StopToken stop, Forest* forest, unsigned turns) {
  const Alive here{*forest};
  for (unsigned i = 0; i < turns && !stop.stop_requested(); ++i) std::this_thread::yield();
  if (turns % 7 == 0) throw Felled{"a function failed"};
  return 1;
}

mtaio::Task<int> leaf(Forest& forest, Random random) {
  const Alive here{forest};
  switch (random() % 5) {
    case 0:
      co_return 1;
    case 1:
      co_await mtaio::sleep(microseconds{random() % 300});
      co_return 1;
    case 2:
      co_await mtaio::sleep(10s);  // until somebody stops it, so somebody has to
      co_return 1;
    case 3:
      co_return co_await forest.with_pool.run_in_thread(block, &forest, unsigned(random() % 100));
    default:
      co_await mtaio::sleep(0s);
      if (planted("failure")) throw std::runtime_error{"planted"};
      throw Felled{"a leaf failed"};
  }
}

mtaio::GatherOptions random_options(Random& random) {
  mtaio::GatherOptions options{.limit = 1 + int(random() % 4),
                               .timeout = microseconds{random() % 2'000}};
  if (random() % 3 == 0) options.task_timeout = microseconds{random() % 500};
  return options;
}

mtaio::Task<int> gather_some(Forest& forest, Random& random, int depth) {
  std::vector<mtaio::Task<int>> tasks;
  const auto count = random() % 6;
  for (std::uint32_t i = 0; i < count; ++i) tasks.push_back(grow(forest, random(), depth));
  const mtaio::GatherOptions options = random_options(random);
  if (random() % 2 == 0) {
    const auto outcomes =
        co_await forest.executor.gather(mtaio::return_exceptions, std::move(tasks), options);
    for (const auto& outcome : outcomes) {
      if (!outcome) check_failure(forest.totals, outcome.error());
    }
    if (outcomes.size() != count) forest.totals.complain("gather: not an outcome for each task");
    co_return static_cast<int>(outcomes.size());
  }
  const auto results = co_await forest.executor.gather(std::move(tasks), options);
  if (results.size() != count) forest.totals.complain("gather: not a result for each task");
  co_return static_cast<int>(results.size());
}

/// Its failures are checked here. Failures of created tasks that are never awaited would be
/// reported.
mtaio::Task<int> grow_quietly(Forest& forest, std::uint32_t seed, int depth) {
  try {
    co_return co_await grow(forest, seed, depth);
  } catch (const std::exception&) {
    check_failure(forest.totals, std::current_exception());
    co_return 0;
  }
}

/// An executor that goes while its tasks run, one way or another.
mtaio::Task<int> let_an_executor_go(Forest& forest, Random& random, int depth) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::TaskHandle<int>> handles;
  const auto count = 1 + random() % 4;
  for (std::uint32_t i = 0; i < count; ++i) {
    handles.push_back(executor.create_task(grow_quietly(forest, random(), depth)));
  }
  co_await mtaio::sleep(microseconds{random() % 200});
  const auto way = random() % 4;
  if (way == 0) co_await executor.close();
  if (way == 1) co_await executor.cancel_all();
  if (way == 2) handles.front().request_stop();
  if (way == 3) co_return 1;
  for (auto& handle : handles) handle.request_stop();
  int ended = 0;
  for (auto& handle : handles) {
    try {
      ended += co_await handle;
    } catch (const mtaio::CancelledError&) {
      ++forest.totals.cancellations;
    }
  }
  co_return ended;
}

mtaio::Task<bool> arrive(Forest& forest, mtaio::Latch& latch, std::uint32_t seed) {
  const Alive here{forest};
  Random random{seed};
  if (random() % 2 == 0) co_await mtaio::sleep(microseconds{random() % 100});
  if (random() % 16 != 0) latch.count_down();
  const bool met = co_await latch.wait(microseconds{random() % 1'000});
  if (met && latch.get_count() != 0) forest.totals.complain("a latch opened too early");
  co_return met;
}

/// Some wait for each other at a latch, for a while; now and then, one never comes.
mtaio::Task<int> meet(Forest& forest, Random& random) {
  const auto count = 1 + random() % 6;
  mtaio::Latch latch{static_cast<std::ptrdiff_t>(count)};
  std::vector<mtaio::Task<bool>> tasks;
  for (std::uint32_t i = 0; i < count; ++i) tasks.push_back(arrive(forest, latch, random()));
  const auto met = co_await forest.executor.gather(std::move(tasks));
  co_return static_cast<int>(std::ranges::count(met, true));
}

mtaio::Task<int> map_some(Forest& forest, Random& random, int depth) {
  const auto seed = random();
  const auto child = [&, seed](std::uint32_t number) { return grow(forest, seed + number, depth); };
  const mtaio::MapOptions options = random_options(random);
  const auto count = random() % 6;
  const auto results = co_await forest.executor.map(child, std::views::iota(0U, count), options);
  if (results.size() != count) forest.totals.complain("map: not a result for each element");
  co_return static_cast<int>(results.size());
}

mtaio::Task<int> grow(Forest& forest, std::uint32_t seed, int depth) {
  const Alive here{forest};
  Random random{seed};
  if (depth == 0) co_return co_await leaf(forest, random);
  switch (random() % 5) {
    case 0:
      co_return co_await gather_some(forest, random, depth - 1);
    case 1:
      co_return co_await let_an_executor_go(forest, random, depth - 1);
    case 2:
      co_return co_await map_some(forest, random, depth - 1);
    case 3:
      co_return co_await meet(forest, random);
    default: {
      auto child = grow(forest, random(), depth - 1);
      const microseconds timeout{random() % 1'000};
      co_return co_await forest.executor.run(std::move(child), {.timeout = timeout});
    }
  }
}

mtaio::Task<void> grow_one(Forest& forest, std::uint32_t seed) {
  try {
    // Some leaves go on until they are stopped.
    co_await forest.executor.run(grow(forest, seed, 3), {.timeout = 5ms});
  } catch (const mtaio::TimeoutError&) {
    ++forest.totals.timeouts;
  } catch (const mtaio::ExecutionError&) {
    check_failure(forest.totals, std::current_exception());
  }
  if (forest.alive != 0) throw Broken{"something was left running"};
}

}  // namespace

mtaio::Task<void> grow_trees(std::uint32_t seed, Totals& totals) {
  Forest forest{totals};
  Random random{seed};
  for (int i = 0; i < 4; ++i) co_await grow_one(forest, random());
}

}  // namespace soak
