/// The scheduler of `Runtime`.
///
/// post/destroy   A thread that is not a worker of the runtime counts itself in `external_posters_`
///                while it posts, because the job may end the last run before `post()` has
///                returned. It counts itself out with a release; the destructor waits, with
///                acquire, until the count is zero. So all that such a thread does here is over
///                before the scheduler is destroyed.
#pragma once

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/thread_pool.hpp>

#include "runtime/idle.hpp"
#include "runtime/worker_handoff.hpp"
#include "runtime/worker_loop.hpp"
#include "runtime/worker_threads.hpp"
#include "runtime/workers.hpp"

#include <atomic>
#include <cstddef>

namespace mtaio::runtime {

/// Runs jobs on workers that steal from each other: joins the other parts of this folder behind the
/// interface for tasks.
class WorkStealingScheduler final : public lowlevel::Scheduler, public internal::BlockingHandler {
 public:
  explicit WorkStealingScheduler(const RuntimeOptions& options);
  // NOLINTNEXTLINE(*-virtual-class-destructor): final, and never owned as a Scheduler
  ~WorkStealingScheduler();

  // Scheduler.
  void post(lowlevel::Job& job) noexcept override;
  [[nodiscard]] lowlevel::TimePoint now() noexcept override;
  void arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept override;
  void watch(lowlevel::TimePoint deadline) noexcept override { idle_.timer_armed(deadline); }
  void run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) override;
  bool withdraw_blocking(lowlevel::BlockingJob& job,
                         lowlevel::BlockingPool* pool) noexcept override;
  void notify_one() noexcept override { idle_.fan_out_pushed(); }
  void block(const internal::ThreadEvent& event) noexcept override;

  /// Runs `first` and all other work, until `thread`, the calling thread, is dismissed.
  void work_from(lowlevel::Job& first, WorkerThread& thread) noexcept;
  void dismiss(WorkerThread& thread) noexcept { handoff_.dismiss(thread); }

  /// A call of run() calls run_begins() first and run_ended() last. The scheduler must not be
  /// destroyed in between.
  void run_begins() noexcept { runs_.fetch_add(1, std::memory_order_relaxed); }
  /// The last access of the run to this scheduler.
  void run_ended() noexcept { runs_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
  /// Whether this is a child process, which has none of the threads.
  [[nodiscard]] bool forked() const noexcept { return made_in_.forked(); }

 private:
  /// The worker of this scheduler that the calling thread works for; null if there is none.
  /// `thread`: the context of the calling thread.
  [[nodiscard]] Worker* worker_of(const internal::ThreadContext& thread) const noexcept {
    internal::LocalQueues* worker = thread.worker();
    return worker && &worker->scheduler == this ? static_cast<Worker*>(worker) : nullptr;
  }
  /// The rest of post() on a thread that is not a worker of this runtime.
  void inject(lowlevel::Job& job) noexcept;
  [[nodiscard]] lowlevel::BlockingPool& pool_or_own(lowlevel::BlockingPool* pool) noexcept;

  const internal::ForkMark made_in_;
  Workers workers_;
  WorkerHandoff handoff_;
  // Keeps references to the next two, and uses them once it starts threads.
  WorkerThreads threads_{loop_, idle_, handoff_};
  Idle idle_{workers_, handoff_, threads_};
  WorkerLoop loop_{workers_, idle_, handoff_, made_in_, *this};
  // post/destroy. Before the pool, whose functions may post until it has joined its threads.
  std::atomic<std::size_t> external_posters_{0};
  // How many calls of run() are under way. It orders nothing: a program that destroys the runtime
  // has to know that its runs have returned. It is for the message to a program that does not.
  std::atomic<std::size_t> runs_{0};
  // The pool for functions whose caller names no pool.
  ThreadPool blocking_;
};

}  // namespace mtaio::runtime
