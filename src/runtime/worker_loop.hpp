/// What the thread of a worker does.
#pragma once

#include <mtaio/lowlevel/job.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "runtime/idle.hpp"
#include "runtime/worker_handoff.hpp"
#include "runtime/workers.hpp"

namespace mtaio::runtime {

/// What the thread of a worker does: it looks for a job, runs it, and sleeps when there is none. At
/// each tick it takes one of its own fan-outs or ready jobs; then what was injected from outside;
/// then it searches the other workers.
///
/// Code of tasks and timers may block the thread, which may have another worker afterwards. So a
/// function that runs such code reads the worker of its thread again each time.
class WorkerLoop {
 public:
  WorkerLoop(Workers& workers, Idle& idle, WorkerHandoff& handoff,
             const internal::ForkMark& made_in,
             internal::BlockingHandler& blocking_handler) noexcept
      : workers_{workers},
        idle_{idle},
        handoff_{handoff},
        made_in_{made_in},
        blocking_handler_{blocking_handler} {}

  /// Acquires workers and does their work until `thread` is dismissed. `has_worker`: whether it has
  /// acquired the first one already.
  void work(WorkerThread& thread, bool has_worker) noexcept;
  /// The same for a spare thread, which waits until a worker is handed off to it.
  void work_as_spare(WorkerThread& spare) noexcept;
  /// Does the work of the thread's worker on top of the code that waits for `event`, on the same
  /// stack: a fallback if no spare thread can be started. That work may block as well.
  void work_until(const internal::ThreadEvent& event, WorkerThread& thread) noexcept;

 private:
  /// Runs jobs of the thread's worker until the worker must be released.
  void run_jobs(WorkerThread& who) noexcept;

  lowlevel::Job* next_job(const WorkerThread& thread) noexcept;
  lowlevel::Job* next_own_job(const WorkerThread& thread) noexcept;
  lowlevel::Job* look_everywhere(const WorkerThread& thread) noexcept;
  lowlevel::Job* look_further(const WorkerThread& thread) noexcept;
  lowlevel::Job* begin_work(Worker& worker, lowlevel::Job* job) noexcept;

  static lowlevel::Job* own_job(Worker& worker) noexcept;
  lowlevel::Job* overdue_job(Worker& worker) noexcept;
  lowlevel::Job* search(const WorkerThread& thread) noexcept;
  lowlevel::Job* steal(Worker& thief) noexcept;
  void collect_ready(Worker& worker) noexcept;
  [[nodiscard]] bool take_injected(Worker& worker) noexcept;

  Workers& workers_;
  Idle& idle_;
  WorkerHandoff& handoff_;
  // A copy, because it is read after each job.
  const internal::ForkMark made_in_;
  // Told when the code of a task blocks the thread.
  internal::BlockingHandler& blocking_handler_;
};

}  // namespace mtaio::runtime
