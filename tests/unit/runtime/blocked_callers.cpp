/// Several threads call run() on one runtime, and destructors wait on its workers.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Flag = std::atomic<bool>;
using test::nothing;

void wait_for(const Flag* flag) {
  while (!*flag) std::this_thread::yield();
}

struct Blocked {
  mtaio::TaskExecutor threads;
  Flag started = false;
  Flag blocks = false;  // the destructor of an executor waits, on the only worker,
  Flag go_on = false;   // until this
};

/// In a thread of the pool; no request stops it.
mtaio::Task<void> occupy(Blocked& all) {
  const auto function = [](Blocked* of) {
    of->started = true;
    wait_for(&of->go_on);
  };
  co_await all.threads.run_in_thread(function, &all);
}

mtaio::Task<void> note(Flag& flag) {
  flag = true;
  co_return;
}

mtaio::Task<void> block(Blocked& all) {
  std::optional<mtaio::TaskExecutor> executor{std::in_place};
  auto occupying = executor->create_task(occupy(all));
  while (!all.started) co_await mtaio::sleep(0s);
  // Runs when this task gives up the worker, which it does by blocking.
  auto noting = executor->create_task(note(all.blocks));
  executor.reset();
  co_await occupying;
}

}  // namespace

TEST_CASE(
    "runtime: when a thread that called run() leaves, another thread works for a third that is "
    "blocked") {
  mtaio::Runtime runtime{{.threads = 1}};
  Blocked all;
  std::thread blocked{[&] { runtime.run(block(all)); }};
  wait_for(&all.blocks);
  runtime.run(nothing());  // takes the worker, and leaves it
  all.go_on = true;        // somebody has to go on with what ends in the pool
  blocked.join();
  CHECK(all.go_on);
}

namespace {

mtaio::Task<void> linger() { co_await mtaio::sleep(1h); }

/// Its executor goes while it has a task.
mtaio::Task<void> destroy_one() {
  mtaio::TaskExecutor executor;
  auto lingering = executor.create_task(linger());
  co_await mtaio::sleep(0s);
}

mtaio::Task<void> destroy_many() {
  mtaio::TaskExecutor executor;
  for (int i = 0; i < 20; ++i) {
    std::vector<mtaio::Task<void>> tasks;
    for (int k = 0; k < 4; ++k) tasks.push_back(destroy_one());
    co_await executor.gather(std::move(tasks));
  }
}

}  // namespace

TEST_CASE("runtime: destructors that wait in runs of several threads never leave it without one") {
  for (const std::size_t workers : {1U, 2U, 3U}) {
    mtaio::Runtime runtime{{.threads = workers}};
    std::atomic<int> ended = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) {
      callers.emplace_back([&] {
        for (int k = 0; k < 10; ++k) runtime.run(destroy_many());
        ++ended;
      });
    }
    for (auto& caller : callers) caller.join();
    CHECK(ended == 3);
  }
}
