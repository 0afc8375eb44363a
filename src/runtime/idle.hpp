/// How workers fall asleep, and how they are woken.
///
/// push/sleep    A worker that goes to sleep counts itself as asleep, executes the heavy half of
///               the asymmetric fence, and looks at all work once more. A thread that pushes work
///               makes it visible, executes the light half, and then looks whether a worker is
///               asleep. Each writes one place and reads the other's, with a full fence in between:
///               either the sleeper sees the work, or the pusher sees the sleeper. A pusher may
///               wake no sleeper because one is in a timed park or backs off. That is safe for the
///               same reason: the worker lowers both counts when its park ends, and then finds the
///               work, or counts itself as asleep again and looks once more.
/// push/search   A pusher wakes no worker while one searches, because that one will find the work.
///               So the last worker that stops searching while others sleep lowers the count of
///               searchers, executes the heavy half, looks at all work once more, and wakes a
///               sleeper for what it sees. Either it sees the work, or the pusher sees that no
///               worker searches any more. A worker that stops searching in order to sleep does
///               this by push/sleep.
/// arm/sleep     The same as the two above, between a thread that arms a timer and then looks when
///               the timer keeper wakes up, and a worker that computes how long it may sleep, or
///               stops searching.
#pragma once

#include <mtaio/coro/idle_counts.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>

#include "runtime/timer_keeper.hpp"
#include "runtime/worker_handoff.hpp"
#include "runtime/worker_starter.hpp"
#include "runtime/workers.hpp"

#include <atomic>
#include <cstddef>

namespace mtaio::runtime {

/// Which workers of a runtime sleep, and which search. Everything that puts a worker to sleep, or
/// wakes one for work, is here.
///
/// A worker is asleep, or it searches, or it works. It searches from when it wakes up, or runs out
/// of work, until it finds a job or falls asleep again. A worker without a thread counts as asleep:
/// to wake it is to start its thread.
///
/// A worker that was woken for nothing, or sees only work that it may not take yet, first parks for
/// a limited time, a few times in a row. Meanwhile no worker is woken for a job that becomes ready,
/// because the worker in the timed park will look by itself. One of the sleepers, the timer keeper,
/// wakes up for the earliest timer.
class Idle {
 public:
  Idle(Workers& workers, const WorkerHandoff& handoff, WorkerStarter& starter) noexcept
      : workers_{workers}, handoff_{handoff}, starter_{starter} {}

  [[nodiscard]] const internal::IdleCounts& counts() const noexcept { return counts_; }
  /// Adds `count` workers without a thread. REQUIRES: no thread works yet.
  void add_unstarted(std::size_t count) noexcept;

  // For a thread that has made work visible.

  /// A worker's thread has pushed jobs onto its own ready queue. Moving jobs from the injector, or
  /// from the list behind the ring, counts as a push too: in between they are in neither place, so
  /// a sleeper's last look would miss them.
  void jobs_pushed() noexcept {
    internal::asymmetric_fence_light();  // push/sleep, push/search: the pusher
    if (counts_.should_notify()) [[unlikely]]
      wake_unless_parked_for_a_time();
  }
  /// A job was pushed onto the injector.
  void job_injected() noexcept;
  /// A worker's thread has pushed a fan-out, executed the light half of the fence, and found that a
  /// worker should be woken.
  void fan_out_pushed() noexcept;
  /// A timer was armed, on a thread that may not look at timers for a while.
  void timer_armed(lowlevel::TimePoint deadline) noexcept;

  // For the thread of a worker.

  /// Whether a worker that has found a job has to call begin_work() first.
  [[nodiscard]] bool must_begin_work(const Worker& worker) const noexcept {
    return !worker.idle.is_working() || counts_.should_notify();
  }
  /// `worker` has found a job. If it is the last one that searched, it wakes another worker for
  /// what it leaves; and if no worker searches now, it makes sure that one watches the timers.
  void begin_work(Worker& worker) noexcept;
  void begin_search(Worker& worker) noexcept;
  void end_search(Worker& worker) noexcept;
  /// This thread is about to do something else. Wakes a worker for the visible work and the timers
  /// that it leaves, if none searches.
  void leave_rest_to_others() noexcept;
  /// `worker` has found nothing. Returns when it has to look again, or when `thread`, the calling
  /// one, has to release it.
  void sleep(Worker& worker, const WorkerThread& thread) noexcept;

  // For a thread that was started by WorkerStarter. It counts as a worker that searches.

  /// It has acquired `worker`.
  void search_started(Worker& worker) noexcept { worker.idle.searching_ = true; }
  /// It has found no worker without a thread. While it counted as a searcher, pushers woke no other
  /// worker, so it wakes one now if there is work.
  void search_given_up() noexcept;

 private:
  /// One call of sleep().
  struct Sleep {
    bool backs_off = false;
    lowlevel::TimePoint park_end = lowlevel::TimePoint::max();

    [[nodiscard]] bool is_timed() const noexcept { return park_end != lowlevel::TimePoint::max(); }
  };

  [[nodiscard]] Sleep plan_sleep(Worker& worker) noexcept;
  void limit_park(Worker& worker, Sleep& sleep) noexcept;
  void announce_sleep(Worker& worker, const Sleep& sleep) noexcept;
  void provide_for(VisibleWork visible, Worker& worker, Sleep& sleep) noexcept;
  void park(Worker& worker, const Sleep& sleep) noexcept;
  void end_sleep(Worker& worker, const Sleep& sleep) noexcept;

  /// Wakes a worker, or starts one, unless one searches already or none is left.
  void wake_one() noexcept;
  /// The same, unless a worker in a timed park is about to look by itself.
  void wake_unless_parked_for_a_time() noexcept;
  void start_worker() noexcept;
  void ensure_timer_watched() noexcept;

  Workers& workers_;
  const WorkerHandoff& handoff_;
  WorkerStarter& starter_;

  internal::IdleCounts counts_;
  // Guards the next four, and `asleep_` of each worker.
  lowlevel::SpinLock lock_;
  // The worker that fell asleep last is in front, because its cache is warm; workers that back off
  // are at the end.
  lowlevel::IntrusiveList<Worker> sleepers_;
  // How many workers never had a thread. They count as asleep.
  std::size_t unstarted_ = 0;
  // Set when a thread could not be started: when to try again.
  lowlevel::TimePoint no_start_before_{};
  TimerKeeper timer_keeper_;
  // How many sleepers are in a timed park, and will look for ready jobs by themselves.
  std::atomic<int> timed_parks_{0};
  // How many of these must not be woken for fan-outs, because they back off.
  std::atomic<std::size_t> backing_off_{0};
};

}  // namespace mtaio::runtime
