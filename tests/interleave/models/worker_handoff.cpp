/// Workers that are handed from thread to thread: never two threads with one worker, and every
/// thread gets one in the end.
#include "runtime/worker_handoff.hpp"

#include "interleave/models/model.hpp"
#include "support/idle_scheduler.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::internal::IdleCounts;
using mtaio::runtime::Worker;
using mtaio::runtime::WorkerHandoff;
using mtaio::runtime::WorkerThread;

class NoScheduler final : public test::IdleScheduler {};

/// One worker, and what its thread does with it.
struct OneWorker {
  OneWorker() { handoff.add(*worker); }

  /// Uses the worker of the thread, which plain memory shows to be its own.
  void work(WorkerThread& thread) {
    Worker& mine = thread.worker();
    require(&mine == worker.get(), "the only one");
    require(&mine.thread.get() == &thread, "it knows its thread");
    ++jobs;
  }

  NoScheduler scheduler;
  IdleCounts counts;
  std::unique_ptr<Worker> worker = std::make_unique<Worker>(
      scheduler, counts, std::make_unique<mtaio::lowlevel::FutexParker>(), 1U, true);
  WorkerHandoff handoff;
  // Guarded by having the worker.
  int jobs = 0;
};

void three_threads_take_turns() {
  OneWorker one;
  const auto thread = [&] {
    WorkerThread self{false};
    require(one.handoff.acquire(self), "it is not dismissed");
    one.work(self);
    one.handoff.release(self);
  };
  in_threads(thread, thread, thread);
  require(one.jobs == 3, "each has worked");
}

/// A thread that waits for a worker is told that it does not need it any more.
void a_waiting_thread_is_dismissed() {
  OneWorker one;
  auto waiting = std::make_unique<WorkerThread>(false);
  in_threads(
      [&] {
        if (one.handoff.acquire(*waiting)) {
          one.work(*waiting);
          one.handoff.release(*waiting);
        }
      },
      [&] {
        WorkerThread self{false};
        if (!one.handoff.try_acquire(self)) return;
        one.work(self);
        one.handoff.release(self);
      },
      [&] { one.handoff.dismiss(*waiting); });
}

/// A thread blocks in the middle of a job. A spare thread works meanwhile, and gives the worker
/// back.
void a_thread_that_blocks() {
  OneWorker one;
  std::atomic<int> blocked{0};
  WorkerThread spare{true};
  in_threads(
      [&] {
        WorkerThread self{false};
        require(one.handoff.try_acquire(self), "it is free");
        one.work(self);
        one.handoff.hand_off(self, spare);
        while (blocked.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
        one.handoff.take_back(self);
        one.work(self);
        one.handoff.release(self);
        one.handoff.dismiss(spare);
      },
      [&] {
        while (one.handoff.wait_as_spare(spare)) {
          one.work(spare);
          blocked.store(1, std::memory_order_relaxed);
          while (!one.handoff.must_release(spare)) std::this_thread::yield();
          one.handoff.release(spare);
        }
      });
}

TEST_CASE("model: WorkerHandoff") {
  check_model("three threads take turns", &three_threads_take_turns, all_with(2, 10'000));
  check_model("a waiting thread is dismissed", &a_waiting_thread_is_dismissed, all_with(2, 10'000));
  check_model("a thread that blocks", &a_thread_that_blocks, all_with(2, 10'000));
}

}  // namespace
