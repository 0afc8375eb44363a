/// Who sits where.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include "runtime/worker.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace mtaio::runtime {

/// Hands seats from thread to thread, so that there are never more threads at work than seats.
///
/// A thread that calls `run()` takes a seat if one is free, and otherwise waits until one is, or
/// until its run has ended. A thread that must block in the middle of a task passes its seat to a
/// spare thread, and insists on getting one back before it goes on: whoever finds at the end of a
/// job that somebody insists gets up, and queues again.
///
/// A thread that is blocked has nobody who asks for a seat in its place: its spare thread may have
/// got up for somebody else, who then leaves for good. So a seat that nobody wants goes to a spare
/// thread as long as fewer of those sit than threads are blocked. Otherwise a run could be left
/// without a worker.
class WorkerHandoff {
 public:
  /// Before any thread sits. The seats start free.
  void add(Worker& worker);

  /// Sits down if a seat is free.
  bool try_acquire(WorkerThread& who) noexcept;
  /// Waits for a seat. False if `who` was dismissed first and does not insist.
  bool acquire(WorkerThread& who, bool resumes) noexcept;
  /// Passes the seat of `who` to the next one who waits, or leaves it free.
  void release(WorkerThread& who) noexcept;
  /// `who`, a spare thread, sits down in place of `from`, which is going to block.
  void hand_off(WorkerThread& from, WorkerThread& who) noexcept;
  /// `who` has been blocked and insists on a seat.
  void take_back(WorkerThread& who) noexcept;
  /// Whether `who`, between two jobs, is to leave its seat to somebody else.
  [[nodiscard]] bool is_wanted(const WorkerThread& who) const noexcept {
    return blocked_thread_resumes() || (who.spare && waiters_.load(std::memory_order_relaxed) > 0);
  }

  /// Whether a thread that was blocked waits to go on.
  [[nodiscard]] bool blocked_thread_resumes() const noexcept {
    return resuming_.load(std::memory_order_relaxed) > 0;
  }

  /// Tells `who` to get up or to stop waiting, for good. `who` may be gone when this returns.
  void dismiss(WorkerThread& who) noexcept;

  /// Waits until somebody passes a seat to the spare thread. False when it is dismissed.
  bool wait_as_spare(WorkerThread& spare) noexcept;
  /// A spare thread that waits, no longer waiting; null when there is none.
  WorkerThread* take_spare() noexcept;

 private:
  using Guard = std::unique_lock<std::mutex>;

  void assign(Worker& worker, WorkerThread& who) noexcept;
  /// The seat of `who`, which gets up.
  Worker& unassign(WorkerThread& who) noexcept;
  /// Whether a spare thread has to sit down for one that is blocked.
  [[nodiscard]] bool spare_needed() const noexcept { return spares_working_ < blocked_; }
  static void notify(WorkerThread& who) noexcept;
  bool wait(Guard& guard, WorkerThread& who) noexcept;

  std::mutex mutex_;  // guards all below
  std::vector<Worker*> all_;
  lowlevel::IntrusiveList<Worker> free_;
  lowlevel::IntrusiveList<WorkerThread> waiting_;  // for a worker; those who insist in front
  lowlevel::IntrusiveList<WorkerThread> spares_;   // waiting to sit in for somebody
  std::size_t blocked_ = 0;         // threads that are no spares and passed their worker to one
  std::size_t spares_working_ = 0;  // spares on a worker
  std::atomic<std::size_t> resuming_{0};  // how many in waiting_ insist; read without the lock
  std::atomic<std::size_t> waiters_{0};   // how many are in waiting_; read without the lock
};

}  // namespace mtaio::runtime
