/// Workers that are handed from thread to thread: never two threads with one worker, and every
/// thread gets one in the end.
#include "runtime/worker_handoff.hpp"

#include <mtaio/platform/thread_event.hpp>

#include "interleave/models/model.hpp"
#include "support/idle_scheduler.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::internal::IdleCounts;
using mtaio::internal::ThreadEvent;
using mtaio::runtime::Worker;
using mtaio::runtime::WorkerHandoff;
using mtaio::runtime::WorkerThread;

class NoScheduler final : public test::IdleScheduler {};

/// One worker, and what its thread does with it.
struct OneWorker {
  OneWorker() { handoff.add(*worker); }
  OneWorker(const OneWorker&) = delete;
  OneWorker& operator=(const OneWorker&) = delete;
  /// All threads have ended.
  ~OneWorker() {
    const WorkerThread spare{true};
    require(!handoff.must_release(spare), "none waits");
    require(!handoff.reserve_spare(), "no spare thread either");
  }

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

/// What the thread of a worker does when it has nothing else to do.
void wait_for_release(const OneWorker& one, const WorkerThread& thread) {
  while (!one.handoff.must_release(thread)) std::this_thread::yield();
}

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
          wait_for_release(one, spare);
          one.handoff.release(spare);
        }
      });
}

/// The spare thread gives the worker to a thread whose turn is short, and gets it back from there:
/// the thread that is blocked can only go on once the spare thread has worked again.
void a_spare_thread_works_again() {
  OneWorker one;
  bool other_has_worked = false;
  ThreadEvent may_resume;
  WorkerThread spare{true};
  in_threads(
      [&] {
        WorkerThread self{false};
        require(one.handoff.acquire(self), "it is not dismissed");
        one.work(self);
        one.handoff.hand_off(self, spare);
        may_resume.wait();
        one.handoff.take_back(self);
        one.work(self);
        one.handoff.release(self);
        one.handoff.dismiss(spare);
      },
      [&] {
        while (one.handoff.wait_as_spare(spare)) {
          one.work(spare);
          if (other_has_worked) may_resume.set();
          wait_for_release(one, spare);
          one.handoff.release(spare);
        }
      },
      [&] {
        WorkerThread self{false};
        require(one.handoff.acquire(self), "it is not dismissed");
        one.work(self);
        other_has_worked = true;
        one.handoff.release(self);
      });
}

/// A spare thread blocks as well, and another spare thread works in its place.
void a_spare_thread_that_blocks() {
  OneWorker one;
  ThreadEvent may_resume;
  ThreadEvent spare_may_resume;
  WorkerThread spare{true};
  WorkerThread other_spare{true};
  in_threads(
      [&] {
        WorkerThread self{false};
        require(one.handoff.try_acquire(self), "it is free");
        one.handoff.hand_off(self, spare);
        may_resume.wait();
        one.handoff.take_back(self);
        one.work(self);
        one.handoff.release(self);
        one.handoff.dismiss(spare);
        one.handoff.dismiss(other_spare);
      },
      [&] {
        bool has_blocked = false;
        while (one.handoff.wait_as_spare(spare)) {
          one.work(spare);
          if (!has_blocked) {
            has_blocked = true;
            one.handoff.hand_off(spare, other_spare);
            spare_may_resume.wait();
            one.handoff.take_back(spare);
            one.work(spare);
          }
          may_resume.set();
          wait_for_release(one, spare);
          one.handoff.release(spare);
        }
      },
      [&] {
        while (one.handoff.wait_as_spare(other_spare)) {
          one.work(other_spare);
          spare_may_resume.set();
          wait_for_release(one, other_spare);
          one.handoff.release(other_spare);
        }
      });
}

/// A thread is dismissed while it is blocked: it gets a worker back nevertheless, to end its job.
void a_blocked_thread_is_dismissed() {
  OneWorker one;
  ThreadEvent may_resume;
  WorkerThread blocked{false};
  WorkerThread spare{true};
  in_threads(
      [&] {
        require(one.handoff.try_acquire(blocked), "it is free");
        one.handoff.hand_off(blocked, spare);
        may_resume.wait();
        one.handoff.dismiss(blocked);
        one.handoff.take_back(blocked);
        one.work(blocked);
        one.handoff.release(blocked);
        one.handoff.dismiss(spare);
      },
      [&] {
        while (one.handoff.wait_as_spare(spare)) {
          one.work(spare);
          may_resume.set();
          wait_for_release(one, spare);
          one.handoff.release(spare);
        }
      });
}

/// A thread that has work of its own releases the worker to one that resumes.
void a_thread_that_resumes_goes_first() {
  OneWorker one;
  // Guarded by having the worker.
  bool is_blocked = false;
  WorkerThread spare{true};
  in_threads(
      [&] {
        WorkerThread self{false};
        require(one.handoff.acquire(self), "it is not dismissed");
        is_blocked = true;
        one.handoff.hand_off(self, spare);
        one.handoff.take_back(self);
        is_blocked = false;
        one.work(self);
        one.handoff.release(self);
        one.handoff.dismiss(spare);
      },
      [&] {
        while (one.handoff.wait_as_spare(spare)) {
          one.work(spare);
          wait_for_release(one, spare);
          one.handoff.release(spare);
        }
      },
      [&] {
        WorkerThread self{false};
        require(one.handoff.acquire(self), "it is not dismissed");
        one.work(self);
        if (is_blocked) wait_for_release(one, self);
        one.handoff.release(self);
      });
}

/// The same thread blocks twice. The second time it reserves the spare thread, which may wait for
/// work by then.
void a_spare_thread_is_reserved() {
  OneWorker one;
  WorkerThread spare{true};
  std::array<ThreadEvent, 2> may_resume;
  in_threads(
      [&] {
        WorkerThread self{false};
        require(one.handoff.try_acquire(self), "it is free");
        one.handoff.hand_off(self, spare);
        may_resume[0].wait();
        one.handoff.take_back(self);
        WorkerThread* reserved = one.handoff.reserve_spare();
        while (!reserved) {
          std::this_thread::yield();
          reserved = one.handoff.reserve_spare();
        }
        require(reserved == &spare, "the only one");
        require(!one.handoff.reserve_spare(), "it is reserved once");
        one.handoff.hand_off(self, *reserved);
        may_resume[1].wait();
        one.handoff.take_back(self);
        one.work(self);
        one.handoff.release(self);
        one.handoff.dismiss(spare);
      },
      [&] {
        for (std::size_t turn = 0; one.handoff.wait_as_spare(spare); ++turn) {
          one.work(spare);
          require(turn < may_resume.size(), "it works only in place of a thread that is blocked");
          may_resume[turn].set();
          wait_for_release(one, spare);
          one.handoff.release(spare);
        }
      });
}

TEST_CASE("model: WorkerHandoff") {
  check_model("three threads take turns", &three_threads_take_turns, all_with(2, 10'000));
  check_model("a waiting thread is dismissed", &a_waiting_thread_is_dismissed, all_with(2, 10'000));
  check_model("a thread that blocks", &a_thread_that_blocks, all_with(2, 10'000));
}

TEST_CASE("model: WorkerHandoff: spare threads") {
  check_model("a spare thread works again", &a_spare_thread_works_again, all_with(2, 5'000));
  check_both_ways("  at random", &a_spare_thread_works_again, 2'000);
  check_model("a spare thread that blocks", &a_spare_thread_that_blocks, all_with(2, 5'000));
  check_model("a blocked thread is dismissed", &a_blocked_thread_is_dismissed, all_with(2, 5'000));
  check_both_ways("a thread that resumes goes first", &a_thread_that_resumes_goes_first, 2'000);
  check_model("a spare thread is reserved", &a_spare_thread_is_reserved, all_with(2, 5'000));
}

}  // namespace
