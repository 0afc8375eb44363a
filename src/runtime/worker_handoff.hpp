/// Hands workers from thread to thread.
///
/// assign/work   A thread assigns a worker to another thread under the mutex, after its own work.
///               The other thread looks at its worker under the mutex before it works. So it sees
///               the worker as the last thread has left it.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include "runtime/worker.hpp"
#include "runtime/worker_thread.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace mtaio::runtime {

/// Hands workers from thread to thread, so that there are never more threads at work than workers.
///
/// A thread that calls `run()` acquires a worker if one is free. Otherwise it waits until one is
/// released, or until its run has ended. A thread that must block in the middle of a job hands its
/// worker off to a spare thread, and takes a worker back before it resumes the job. Such a thread
/// goes first: every worker thread checks between two jobs whether one waits, and if so releases
/// its worker to it and waits for another.
///
/// A blocked thread cannot request a worker for its spare thread. The spare thread may have
/// released its worker to a thread whose run ended soon afterwards. So a worker that no thread
/// waits for goes to a spare thread, as long as fewer spare threads work than threads are blocked.
/// Otherwise a run could be left without a worker.
class WorkerHandoff {
 public:
  /// Adds a free worker. REQUIRES: no thread works yet.
  void add(Worker& worker);

  /// Acquires a worker if one is free; returns whether there was one.
  bool try_acquire(WorkerThread& thread) noexcept;
  /// Waits for a worker. Returns false if `thread` is dismissed first.
  bool acquire(WorkerThread& thread) noexcept { return acquire(thread, false); }
  /// Waits for a worker ahead of others, even if `thread` is dismissed.
  void reacquire(WorkerThread& thread) noexcept { acquire(thread, true); }
  /// Assigns the worker of `thread` to the next thread that waits, or leaves it free.
  void release(WorkerThread& thread) noexcept;

  /// Assigns the worker of `blocked`, which is going to block, to a spare thread.
  void hand_off(WorkerThread& blocked, WorkerThread& spare) noexcept;
  /// The end of the block: `thread` reacquires a worker.
  void take_back(WorkerThread& thread) noexcept;

  /// Whether `thread`, between two jobs, has to release its worker.
  [[nodiscard]] bool must_release(const WorkerThread& thread) const noexcept {
    return thread.is_dismissed() || has_resuming() ||
           (thread.is_spare() && waiters_.load(std::memory_order_relaxed) > 0);
  }
  /// Whether a thread waits for a worker in order to resume the job in which it was blocked.
  [[nodiscard]] bool has_resuming() const noexcept {
    return resuming_.load(std::memory_order_relaxed) > 0;
  }

  /// Tells `thread` to release its worker forever, or to stop waiting for one. `thread` may be
  /// destroyed when this returns.
  void dismiss(WorkerThread& thread) noexcept;

  /// Waits until a worker is assigned to the spare thread. Returns false if the thread is
  /// dismissed.
  bool wait_as_spare(WorkerThread& spare) noexcept;
  /// Takes a waiting spare thread out of the list, for `hand_off()`. Null if none waits.
  WorkerThread* reserve_spare() noexcept;

 private:
  using Guard = std::unique_lock<std::mutex>;

  bool acquire(WorkerThread& thread, bool resumes) noexcept;
  void assign(Worker& worker, WorkerThread& thread) noexcept;
  /// Takes its worker away from `thread`.
  Worker& unassign(WorkerThread& thread) noexcept;
  /// Whether a spare thread has to work in place of one that is blocked.
  [[nodiscard]] bool needs_spare() const noexcept { return spares_working_ < blocked_; }
  /// Wakes `thread`, which waits, for the change of its fields.
  static void notify(WorkerThread& thread) noexcept;
  /// Waits for notify(); returns whether `thread` has a worker then.
  static bool wait(Guard& guard, WorkerThread& thread) noexcept;

  // Guards all below.
  std::mutex mutex_;
  std::vector<Worker*> all_;
  lowlevel::IntrusiveList<Worker> free_;
  // Threads that wait for a worker; those that resume a job are in front.
  lowlevel::IntrusiveList<WorkerThread> waiting_;
  // Spare threads that wait, and are not reserved.
  lowlevel::IntrusiveList<WorkerThread> spares_;
  // How many threads, spare ones not counted, have handed off their worker.
  std::size_t blocked_ = 0;
  // How many spare threads have a worker.
  std::size_t spares_working_ = 0;
  // How many threads in waiting_ resume a job. Read without the lock.
  std::atomic<std::size_t> resuming_{0};
  // How many threads are in waiting_. Read without the lock.
  std::atomic<std::size_t> waiters_{0};
};

}  // namespace mtaio::runtime
