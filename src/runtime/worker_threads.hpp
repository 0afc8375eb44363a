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

/// The threads that a runtime starts: one for each worker but the first, when there is work for it,
/// and spare threads, when a thread blocks in the middle of a job. They stay until finish().
class WorkerThreads final : public WorkerStarter {
 public:
  WorkerThreads(WorkerLoop& loop, Idle& idle, WorkerHandoff& handoff)
      : loop_{loop}, idle_{idle}, handoff_{handoff} {}

  bool start_worker() noexcept override { return start(false) != nullptr; }
  /// A spare thread to which a worker is to be handed off, started if none is waiting. Null if no
  /// thread can be had.
  WorkerThread* obtain_spare() noexcept;

  /// Dismisses the threads, and waits until they have ended.
  void finish() noexcept;
  /// In a forked child: the threads are not there, so they can be neither joined nor detached.
  void abandon() noexcept;

 private:
  struct Thread {
    explicit Thread(bool spare) noexcept : role{spare} {}
    WorkerThread role;
    std::thread thread;
  };

  /// Null if no thread can be had, or finish() has begun.
  WorkerThread* start(bool spare) noexcept;
  void worker_main(WorkerThread& thread) noexcept;

  WorkerLoop& loop_;
  Idle& idle_;
  WorkerHandoff& handoff_;
  // Guards all below.
  std::mutex mutex_;
  // A list, for a WorkerThread stays where it is.
  std::unique_ptr<std::list<Thread>> threads_ = std::make_unique<std::list<Thread>>();
  bool finishing_ = false;
};

}  // namespace mtaio::runtime
