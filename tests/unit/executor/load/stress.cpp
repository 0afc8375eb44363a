/// Random trees of everything, with random failures, timeouts and cancellations: every child that
/// starts ends before its parent continues, and no limit is exceeded.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::outcome_of;

namespace {

using Random = std::minstd_rand;

struct World {
  mtaio::TaskExecutor executor;
  mtaio::ThreadPool pool{3};
  mtaio::TaskExecutor with_pool{pool};
  std::atomic<int> started{0};
  std::atomic<int> ended{0};
  std::atomic<int> broken{0};  // rules
};

/// A task's place in the tree, destroyed on every way out of it.
class Node {
 public:
  Node(World& world, std::atomic<int>* live, int limit) : world_{world}, live_{live} {
    ++world_.started;
    if (live_ && ++*live_ > limit) ++world_.broken;
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() {
    if (children_ != 0) ++world_.broken;
    if (live_) --*live_;
    ++world_.ended;
  }
  /// Of the children that this one has at the moment.
  std::atomic<int>& children() { return children_; }

 private:
  World& world_;
  std::atomic<int>* live_;
  std::atomic<int> children_{0};
};

mtaio::Task<int> grow(World& world, std::uint32_t seed, int depth, std::atomic<int>* live,
                      int limit);

/// The children of a node, limited or not.
std::vector<mtaio::Task<int>> branches(World& world, Random& random, int depth, Node& node,
                                       int limit) {
  std::vector<mtaio::Task<int>> tasks;
  const std::size_t count = random() % 6;
  for (std::size_t i = 0; i < count; ++i) {
    tasks.push_back(
        grow(world, static_cast<std::uint32_t>(random()), depth - 1, &node.children(), limit));
  }
  return tasks;
}

mtaio::GatherOptions random_options(Random& random, int limit) {
  mtaio::GatherOptions options{.limit = limit};
  if (random() % 4 == 0) options.timeout = std::chrono::microseconds{random() % 300};
  if (random() % 4 == 0) options.task_timeout = std::chrono::microseconds{random() % 300};
  return options;
}

mtaio::Task<int> leaf(World& world, Random& random) {
  const auto pause = std::chrono::microseconds{random() % 200};
  switch (random() % 5) {
    case 0:
      co_return 1;
    case 1:
      co_await mtaio::sleep(pause);
      co_return 1;
    case 2:
      co_await mtaio::sleep(0s);
      throw std::runtime_error{"leaf"};
    case 3: {
      const auto work = [](mtaio::StopToken stop) { return stop.stop_requested() ? 1 : 2; };
      co_return co_await world.with_pool.run_in_thread(work);
    }
    default:
      co_await mtaio::sleep(pause);
      throw std::runtime_error{"leaf"};
  }
}

mtaio::Task<int> grow(World& world, std::uint32_t seed, int depth, std::atomic<int>* live,
                      int limit) {
  Node node{world, live, limit};
  Random random{seed};
  if (depth == 0) co_return co_await leaf(world, random);
  const int children = 1 + static_cast<int>(random() % 4);
  const mtaio::GatherOptions options = random_options(random, children);
  switch (random() % 6) {
    case 0: {
      auto tasks = branches(world, random, depth, node, children);
      const auto results = co_await world.executor.gather(std::move(tasks), options);
      co_return static_cast<int>(results.size());
    }
    case 1: {
      auto tasks = branches(world, random, depth, node, children);
      const auto results =
          co_await world.executor.gather(mtaio::return_exceptions, std::move(tasks), options);
      co_return static_cast<int>(results.size());
    }
    case 2: {
      const auto child = [&](std::uint32_t number) {
        return grow(world, seed + number, depth - 1, &node.children(), children);
      };
      const auto results =
          co_await world.executor.map(child, std::views::iota(1U, 2U + random() % 5), options);
      co_return static_cast<int>(results.size());
    }
    case 3: {
      auto child =
          grow(world, static_cast<std::uint32_t>(random()), depth - 1, &node.children(), 1);
      co_return co_await world.executor.run(std::move(child),
                                            {.timeout = std::chrono::microseconds{random() % 500}});
    }
    case 4: {
      auto first =
          grow(world, static_cast<std::uint32_t>(random()), depth - 1, &node.children(), 2);
      auto second =
          grow(world, static_cast<std::uint32_t>(random()), depth - 1, &node.children(), 2);
      const auto [a, b] = co_await world.executor.gather(std::move(first), std::move(second));
      co_return a + b;
    }
    default: {
      mtaio::TaskExecutor own;
      auto first =
          grow(world, static_cast<std::uint32_t>(random()), depth - 1, &node.children(), 2);
      auto second =
          grow(world, static_cast<std::uint32_t>(random()), depth - 1, &node.children(), 2);
      // They never fail, because a caller that is stopped might not get to hear of it.
      auto handle = own.create_task(outcome_of(std::move(first)));
      auto stopped = own.create_task(outcome_of(std::move(second)));
      stopped.request_stop();
      const auto after_stop = co_await stopped;
      const auto result = co_await handle;
      co_return result.value() + (after_stop ? *after_stop : 0);
    }
  }
}

mtaio::Task<void> grow_trees(World& world, std::uint32_t seed, int trees) {
  Random random{seed};
  for (int i = 0; i < trees; ++i) {
    auto tree = grow(world, static_cast<std::uint32_t>(random()), 4, nullptr, 0);
    if (random() % 3 == 0) {
      const auto timeout = std::chrono::microseconds{random() % 2'000};
      [[maybe_unused]] const auto outcome =
          co_await outcome_of(world.executor.run(std::move(tree), {.timeout = timeout}));
    } else if (random() % 2 == 0) {
      auto handle = world.executor.create_task(std::move(tree));
      co_await mtaio::sleep(std::chrono::microseconds{random() % 500});
      handle.request_stop();
      const auto outcome = co_await outcome_of(std::move(handle));
    } else {
      [[maybe_unused]] const auto outcome = co_await outcome_of(std::move(tree));
    }
    // Nothing is ever left running behind the caller's back.
    if (world.started != world.ended) ++world.broken;
  }
}

}  // namespace

TEST_CASE(
    "stress: in random trees of tasks every child ends before its parent continues, within the "
    "limits") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    CAPTURE(threads);
    World world;

    mtaio::run(grow_trees(world, 12'345U + static_cast<std::uint32_t>(threads), 300),
               {.threads = threads});

    CHECK(world.started == world.ended);
    CHECK(world.started > 1'000);
    CHECK(world.broken == 0);
  }
}

TEST_CASE(
    "stress: trees that several runs grow concurrently in the same world do not disturb each "
    "other") {
  World world;
  mtaio::Runtime runtime{{.threads = 3}};
  const auto grow_quietly = [](World& in, std::uint32_t seed) -> mtaio::Task<void> {
    for (std::uint32_t i = 0; i < 100; ++i) {
      const auto outcome = co_await outcome_of(grow(in, seed + i, 3, nullptr, 0));
    }
  };

  std::vector<std::thread> callers;
  for (std::uint32_t i = 0; i < 3; ++i) {
    callers.emplace_back([&, i] { runtime.run(grow_quietly(world, 1'000 * i)); });
  }
  for (auto& caller : callers) caller.join();

  CHECK(world.started == world.ended);
  CHECK(world.broken == 0);
}
