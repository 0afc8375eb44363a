/// No thread can be had, for a while or at all: what can be done without is, and the rest says so.
#include <mtaio/core.hpp>

#include "proof/sweeps/faults.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using sweeps::Armed;
using sweeps::Fault;

mtaio::Task<void> meet(std::atomic<int>& there, int all) {
  ++there;
  while (there < all) std::this_thread::yield();
  co_return;
}
/// Fails to start threads at first; then all workers are wanted immediately.
mtaio::Task<void> fail_first(int workers) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<void>> tasks;
  std::atomic<int> there{0};
  {
    const Armed armed{{.kind = Fault::Kind::kThread, .and_all_after = true}};
    std::atomic<int> alone{0};
    auto handle = executor.create_task(meet(alone, 1));
    co_await handle;
  }
  co_await mtaio::sleep(20ms);  // until the next try
  for (int i = 0; i < workers; ++i) tasks.push_back(meet(there, workers));
  co_await executor.gather(std::move(tasks));
}

int nothing() { return 1; }
int call_in_same_pool(mtaio::ThreadPool& pool) {
  mtaio::TaskExecutor executor{pool};
  return mtaio::run(executor.run_in_thread(&nothing), {.threads = 1});
}
/// The pool has its thread; the one that would run the inner function cannot be had.
int call_without_threads(mtaio::ThreadPool& pool) {
  const Armed armed{{.kind = Fault::Kind::kThread, .and_all_after = true}};
  return call_in_same_pool(pool);
}

}  // namespace

TEST_CASE("no thread: a worker that could not be started is started later") {
  for (const int workers : {2, 4}) {
    mtaio::run(fail_first(workers), {.threads = static_cast<std::size_t>(workers)});
  }
}

TEST_CASE("no thread: a function that would wait forever for another one of its pool throws") {
  mtaio::ThreadPool pool{1};
  mtaio::TaskExecutor executor{pool};
  std::exception_ptr cause;
  try {
    mtaio::run(executor.run_in_thread(&call_without_threads, std::ref(pool)), {.threads = 1});
  } catch (const mtaio::ExecutionError& error) {
    cause = error.cause();
  }
  REQUIRE(cause);
  CHECK_THROWS_AS(std::rethrow_exception(cause), std::system_error);
  // With threads it works.
  CHECK(mtaio::run(executor.run_in_thread(&call_in_same_pool, std::ref(pool)), {.threads = 1}) ==
        1);
}
