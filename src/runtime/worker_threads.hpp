/// The threads that a runtime starts.
#pragma once

#include "runtime/idle.hpp"
#include "runtime/worker_handoff.hpp"
#include "runtime/worker_loop.hpp"
#include "runtime/worker_starter.hpp"
#include "runtime/worker_thread.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace mtaio::runtime {

/// The threads that a runtime starts: one for each worker but the first, as soon as there is work
/// for it; and spare threads, when a thread blocks in the middle of a job. The threads stay until
/// finish().
class WorkerThreads final : public WorkerStarter {
 public:
  WorkerThreads(WorkerLoop& loop, Idle& idle, WorkerHandoff& handoff)
      : loop_{loop}, idle_{idle}, handoff_{handoff} {}

  bool start_worker() noexcept override { return start(false) != nullptr; }
  /// Returns a spare thread for a hand-off; starts one if none is waiting. Null if no thread can be
  /// started.
  WorkerThread* obtain_spare() noexcept;

  /// Dismisses the threads, and waits until they have ended.
  void finish() noexcept;
  /// For a forked child, where the threads do not exist and can be neither joined nor detached.
  void abandon() noexcept;

 private:
  struct Thread {
    explicit Thread(bool spare) noexcept : role{spare} {}
    WorkerThread role;
    std::thread thread;
  };

  /// Null if no thread can be started, or finish() has begun.
  WorkerThread* start(bool spare) noexcept;
  void worker_main(WorkerThread& thread) noexcept;

  WorkerLoop& loop_;
  Idle& idle_;
  WorkerHandoff& handoff_;
  // Guards all below.
  std::mutex mutex_;
  // A list, because a WorkerThread must not move.
  std::unique_ptr<std::list<Thread>> threads_ = std::make_unique<std::list<Thread>>();
  bool finishing_ = false;
};

}  // namespace mtaio::runtime
