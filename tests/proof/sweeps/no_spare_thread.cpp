/// A destructor waits on a worker while no thread can be had to do the worker's work: then that is
/// done on top of it.
#include <mtaio/core.hpp>
#include <mtaio/coro/thread_context.hpp>

#include "proof/sweeps/faults.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

namespace {

using namespace std::chrono_literals;
using Flag = std::atomic<bool>;

void wait_for(const Flag* flag) {
  while (!*flag) std::this_thread::yield();
}

/// In a thread of the pool, until `flag`; no request stops it.
mtaio::Task<void> occupy(mtaio::TaskExecutor& executor, Flag& started, const Flag& flag) {
  const auto function = [](Flag* begun, const Flag* until) {
    *begun = true;
    wait_for(until);
  };
  co_await executor.run_in_thread(function, &started, &flag);
}

/// An executor whose destructor takes until `flag`.
struct Busy {
  std::unique_ptr<mtaio::TaskExecutor> executor = std::make_unique<mtaio::TaskExecutor>();
  Flag started = false;
  Flag flag = false;
  std::optional<mtaio::TaskHandle<void>> task;

  mtaio::Task<void> start(mtaio::TaskExecutor& from) {
    task = executor->create_task(occupy(from, started, flag));
    while (!started) co_await mtaio::sleep(0s);
  }
};

const void* worker_here() { return mtaio::internal::this_thread().worker(); }

struct TwoWorkers {
  mtaio::TaskExecutor threads;
  Busy first;
  Busy second;
  Flag held = false;      // the other worker is busy,
  Flag released = false;  // until this
  Flag first_gone = false;
  Flag second_gone = false;
  const void* after_first = nullptr;
  const void* of_third = nullptr;
};

mtaio::Task<void> hold_worker(TwoWorkers& all) {
  all.held = true;
  wait_for(&all.released);
  co_return;
}

mtaio::Task<void> destroy_first(TwoWorkers& all) {
  all.first.executor.reset();  // no thread can be had
  all.after_first = worker_here();
  all.first_gone = true;
  co_return;
}

mtaio::Task<void> destroy_second(TwoWorkers& all) {
  all.second.executor.reset();  // on top of the first; a spare thread takes the seat
  all.second_gone = true;
  co_return;
}

/// On the spare thread, for as long as it matters: those below have to sit on the other seat.
mtaio::Task<void> stay(TwoWorkers& all) {
  all.of_third = worker_here();
  all.released = true;
  all.second.flag = true;
  wait_for(&all.second_gone);
  all.first.flag = true;
  wait_for(&all.first_gone);
  co_return;
}

mtaio::Task<void> block_twice(TwoWorkers& all) {
  co_await all.first.start(all.threads);
  co_await all.second.start(all.threads);
  auto held = all.threads.create_task(hold_worker(all));
  wait_for(&all.held);
  const sweeps::Armed armed{{.kind = sweeps::Fault::Kind::kThread}};
  auto first = all.threads.create_task(destroy_first(all));
  auto second = all.threads.create_task(destroy_second(all));
  auto third = all.threads.create_task(stay(all));
  co_await first;
  co_await second;
  co_await third;
  co_await held;
  CHECK(armed.failures() == 1);
}

}  // namespace

TEST_CASE(
    "runtime: a thread that blocks on top of a blocked one, and returns to another worker, leaves "
    "the first worker to its new thread") {
  TwoWorkers all;
  mtaio::run(block_twice(all), {.threads = 2});
  CHECK(all.of_third != nullptr);
  CHECK(all.after_first != nullptr);
  CHECK(all.after_first != all.of_third);
}

namespace {

struct OneWorker {
  mtaio::TaskExecutor threads;
  Busy inner;
  std::unique_ptr<mtaio::TaskExecutor> outer = std::make_unique<mtaio::TaskExecutor>();
};

/// A task of `outer`. A spare thread takes its worker.
mtaio::Task<void> destroy_inner(OneWorker& all) {
  all.inner.executor.reset();
  co_return;
}

/// On the spare thread. No further one can be had, and what is waited for is the task above.
mtaio::Task<void> destroy_outer(OneWorker& all) {
  const sweeps::Armed armed{{.kind = sweeps::Fault::Kind::kThread}};
  all.inner.flag = true;
  all.outer.reset();
  CHECK(armed.failures() == 1);
  co_return;
}

mtaio::Task<void> block_each_other(OneWorker& all) {
  co_await all.inner.start(all.threads);
  auto inner = all.outer->create_task(destroy_inner(all));
  auto outer = all.threads.create_task(destroy_outer(all));
  co_await outer;
  co_await inner;
}

}  // namespace

TEST_CASE(
    "runtime: a thread that works on top of a blocked destructor gives way to a thread that is "
    "ready to continue") {
  OneWorker all;
  mtaio::run(block_each_other(all), {.threads = 1});
  CHECK_FALSE(all.outer);
}
