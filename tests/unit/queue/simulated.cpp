#include <mtaio/exceptions.hpp>
#include <mtaio/testing/simulation.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

// Random programs on a queue, in virtual time: a handful of tasks that put and get with timeouts
// and are cancelled, in an order that follows from the seed. What a seed finds, it finds again.

namespace {

using mtaio::testing::Simulation;

using namespace std::chrono_literals;

/// What was put, and what was taken.
struct Books {
  std::vector<int> put;
  std::vector<int> taken;
  int next = 0;
};

template <class Queue>
mtaio::Task<void> put_some(Simulation& simulation, Queue& queue, Books& books) {
  mtaio::TaskExecutor executor;
  for (int i = 0; i < 6; ++i) {
    const int item = books.next++;
    try {
      co_await executor.run(queue.put(item),
                            {.timeout = std::chrono::milliseconds{1 + simulation.choose(4)}});
      books.put.push_back(item);
    } catch (const mtaio::TimeoutError&) {
    }
    if (simulation.choose(2) == 0) co_await mtaio::sleep(1ms);
  }
}

template <class Queue>
mtaio::Task<void> take_some(Simulation& simulation, Queue& queue, Books& books) {
  mtaio::TaskExecutor executor;
  for (int i = 0; i < 6; ++i) {
    try {
      const int item = co_await executor.run(
          queue.get(), {.timeout = std::chrono::milliseconds{1 + simulation.choose(4)}});
      books.taken.push_back(item);
      queue.task_done();
    } catch (const mtaio::TimeoutError&) {
    }
    if (simulation.choose(2) == 0) co_await mtaio::sleep(1ms);
  }
}

template <class Queue>
mtaio::Task<void> random_program(Simulation& simulation, Queue& queue, Books& books) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::TaskHandle<void>> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(executor.create_task(put_some(simulation, queue, books)));
    tasks.push_back(executor.create_task(take_some(simulation, queue, books)));
  }
  while (simulation.choose(4) != 0) {
    co_await mtaio::sleep(1ms);
    tasks[simulation.choose(tasks.size())].request_stop();
    CHECK(queue.qsize() <= 2);
  }
  for (auto& task : tasks) {
    try {
      co_await task;
    } catch (const mtaio::CancelledError&) {
    }
  }
  while (const auto item = queue.try_get()) {
    books.taken.push_back(*item);
    queue.task_done();
  }
  co_await queue.join();
}

/// Whether everything that was put, and nothing else, was taken once.
template <template <class> class Queue>
bool conserved(std::uint64_t seed) {
  Simulation simulation{{.seed = seed, .max_lag = 1h}};
  Queue<int> queue{2};
  Books books;
  simulation.run(random_program(simulation, queue, books));
  std::ranges::sort(books.put);
  std::ranges::sort(books.taken);
  return books.put == books.taken;
}

template <template <class> class Queue>
void check_seeds() {
  constexpr std::uint64_t kSeeds = 4000;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    if (!conserved<Queue>(seed)) FAIL_CHECK("seed " << seed);
  }
}

TEST_CASE("queue: random puts and gets, timeouts and cancellations lose and double nothing") {
  SUBCASE("AsyncQueue") { check_seeds<mtaio::AsyncQueue>(); }
  SUBCASE("PriorityQueue") { check_seeds<mtaio::PriorityQueue>(); }
  SUBCASE("LIFOQueue") { check_seeds<mtaio::LIFOQueue>(); }
}

}  // namespace
