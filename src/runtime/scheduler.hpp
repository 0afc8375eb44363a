/// The scheduler of `Runtime`.
///
/// E1  push <-> sleep    stated in lowlevel/worker.hpp: a worker counts itself as asleep, executes
///                       the heavy half of the asymmetric fence, and looks at everything once more;
///                       a pusher publishes work, executes the light half, and looks for sleepers.
///                       That holds for `timed_parks_` and `backing_off_` too, which a sleeper leaves
///                       before it announces itself the next time.
/// E2  arm <-> sleep     the same between a timer that is armed and a worker that computes how long
///                       it may sleep, or that stops looking for work.
/// E3  post -> destroy   a thread from outside counts itself in `external_posters_` while it posts,
/// for the
///                       job may end the last run before `post()` has returned; the destructor
///                       waits for it.
#pragma once

#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/thread_pool.hpp>

#include "runtime/injector.hpp"
#include "runtime/worker.hpp"
#include "runtime/worker_handoff.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mtaio::runtime {

class WorkStealingScheduler final : public lowlevel::Scheduler, public internal::BlockingHandler {
 public:
  explicit WorkStealingScheduler(const RuntimeOptions& options);
  ~WorkStealingScheduler();  // NOLINT(*-virtual-class-destructor): final, and never owned as a
                             // Scheduler

  // Scheduler.
  void post(lowlevel::Job& job) noexcept override;
  [[nodiscard]] lowlevel::TimePoint now() noexcept override;
  void arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept override;
  void watch(lowlevel::TimePoint deadline) noexcept override;
  void run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) override;
  bool withdraw_blocking(lowlevel::BlockingJob& job,
                         lowlevel::BlockingPool* pool) noexcept override;
  void notify_one() noexcept override;
  void block(const internal::ThreadEvent& event) noexcept override;

  /// Runs `first` and whatever else there is to do, until `who` is dismissed.
  void work_from(lowlevel::Job& first, WorkerThread& who) noexcept;
  void dismiss(WorkerThread& who) noexcept { handoff_.dismiss(who); }
  /// A call of run() is under way, until it has ended: the destructor refuses to come in between.
  void run_begins() noexcept { runs_.fetch_add(1, std::memory_order_relaxed); }
  /// The last access.
  void run_ended() noexcept { runs_.fetch_sub(1, std::memory_order_release); }
  [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
  /// Whether this is a child process, which has none of the threads.
  [[nodiscard]] bool forked() const noexcept { return made_in_.forked(); }

 private:
  // Work, on a seat. work_stealing.cpp
  void serve(WorkerThread& who) noexcept;
  lowlevel::Job* next_job(const WorkerThread& who) noexcept;
  lowlevel::Job* look_everywhere(const WorkerThread& who) noexcept;
  lowlevel::Job* next_own_job(const WorkerThread& who) noexcept;
  lowlevel::Job* look_further(const WorkerThread& who) noexcept;
  lowlevel::Job* found_job(Worker& worker, lowlevel::Job* job) noexcept;
  lowlevel::Job* own_job(Worker& worker) noexcept;
  lowlevel::Job* oldest_ready(Worker& worker) noexcept;
  lowlevel::Job* search(const WorkerThread& who) noexcept;
  lowlevel::Job* steal(Worker& worker) noexcept;
  void collect_ready(Worker& worker) noexcept;
  void job_pushed() noexcept;
  bool take_injected(Worker& worker) noexcept;
  void fire_due_timers() noexcept;
  bool is_overdue(Worker& victim) noexcept;
  lowlevel::Job* overdue_job(Worker& worker) noexcept;
  void look_for_starvation(Worker& worker) noexcept;  // starvation.cpp
  [[nodiscard]] bool backs_off(const Worker& worker) noexcept;
  [[nodiscard]] bool has_work() noexcept;
  enum class VisibleWork : std::uint8_t { kNothing, kLater, kForOthers, kNow };
  [[nodiscard]] VisibleWork visible_work(Worker& worker) noexcept;
  [[nodiscard]] lowlevel::TimePoint next_deadline() const noexcept;
  [[nodiscard]] bool timer_due() noexcept;

  // Sleeping and waking. sleeping.cpp
  void stop_searching(Worker& worker) noexcept;
  void one_searcher_less() noexcept;
  void leave_rest_to_others() noexcept;
  void sleep(Worker& worker, const WorkerThread& who) noexcept;
  [[nodiscard]] lowlevel::TimePoint begin_timed_park(Worker& worker) noexcept;
  [[nodiscard]] bool watch_until(lowlevel::TimePoint time, Worker& worker) noexcept;
  void woke_up(Worker& worker) noexcept;
  void wake_one() noexcept;
  /// The same, unless somebody is about to look for work anyway.
  void wake_unless_timed_park() noexcept;
  /// The rest of post() on a thread that is not a worker of this runtime.
  void inject(lowlevel::Job& job) noexcept;
  void watch_timers_if_last() noexcept {
    if (idle_counts_.should_notify()) ensure_timer_watched();
  }
  void ensure_timer_watched() noexcept;

  // Threads. threads.cpp
  void start_worker() noexcept;
  bool start_spare(WorkerThread& from) noexcept;
  WorkerThread* start_thread(bool spare) noexcept;
  void worker_main(WorkerThread& who) noexcept;
  void spare_main(WorkerThread& who) noexcept;
  void work_in_place_until(const internal::ThreadEvent& event, WorkerThread& who) noexcept;
  void finish_threads() noexcept;
  void abandon_threads() noexcept;

  struct Thread {
    explicit Thread(bool spare) noexcept : role{spare} {}
    WorkerThread role;
    std::thread thread;
  };

  // Every so many turns a worker looks at what it would otherwise only see when it has run out of
  // work.
  static constexpr std::uint32_t kTurnsBetweenLooks = 32;
  // Every so many turns, which are so many that it costs nothing, a worker starts a child of the
  // gather that has waited for longest; and as often, it looks at the work of others.
  static constexpr std::uint32_t kTurnsOfOldestFork = 1024;

  const internal::ForkMark made_in_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Injector injector_;
  std::atomic<std::size_t> external_posters_{0};  // E3
  std::atomic<std::size_t> runs_{0};              // calls of run() that are under way

  internal::IdleCounts idle_counts_;
  lowlevel::SpinLock sleepers_lock_;  // guards the next five
  lowlevel::IntrusiveList<Worker>
      sleepers_;               // the one that fell asleep last in front: its cache is warm
  std::size_t unstarted_ = 0;  // seats without a thread; they count as asleep
  lowlevel::TimePoint no_start_before_{};                // a thread could not be had
  const Worker* timer_keeper_ = nullptr;                 // a sleeper that will wake up by itself,
  std::atomic<lowlevel::TimePoint::rep> watched_until_;  // at this time. Read without the lock
  std::atomic<int> timed_parks_{
      0};  // how many sleepers will soon look for ready jobs by themselves
  std::atomic<std::size_t> backing_off_{0};  // how many of those do not want to be woken for forks

  WorkerHandoff handoff_;
  std::mutex threads_mutex_;  // guards the next two
  std::unique_ptr<std::list<Thread>> threads_ =
      std::make_unique<std::list<Thread>>();  // a list, because occupants stay where they are
  bool finishing_ = false;

  ThreadPool blocking_;
};

}  // namespace mtaio::runtime
