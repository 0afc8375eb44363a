/// How workers fall asleep and are woken: no thread that waits for work is left asleep beside it.
///
/// The real `Idle`, `Workers` and `WorkerHandoff`; the loop of a worker is the model's, as short as
/// it can be. A job that blocks its thread until another job has run turns a wake-up that was lost
/// into a deadlock.
#include "runtime/idle.hpp"

#include <mtaio/platform/thread_event.hpp>

#include "interleave/models/model.hpp"
#include "support/idle_scheduler.hpp"

#include <coroutine>
#include <memory>

namespace {

using namespace models;
using mtaio::internal::ThreadEvent;
using mtaio::lowlevel::Job;
using mtaio::lowlevel::TimePoint;
using mtaio::lowlevel::Timer;
using mtaio::runtime::Idle;
using mtaio::runtime::Worker;
using mtaio::runtime::WorkerHandoff;
using mtaio::runtime::Workers;
using mtaio::runtime::WorkerThread;

class NoScheduler final : public test::IdleScheduler {};

class NoStarter final : public mtaio::runtime::WorkerStarter {
 public:
  bool start_worker() noexcept override { return false; }
};

/// Sets an event; before that, waits for another one.
struct EventJob : Job {
  EventJob() : Job{&EventJob::run_it} {}
  static std::coroutine_handle<> run_it(Job& job) noexcept {
    auto& self = static_cast<EventJob&>(job);
    if (self.waits_for) self.waits_for->wait();
    self.ran.set();
    return std::noop_coroutine();
  }
  const ThreadEvent* waits_for = nullptr;
  ThreadEvent ran;
};

/// Ordinary ones are for kernels without membarrier().
enum class Fences { kAsymmetric, kOrdinary };

class Machine {
 public:
  explicit Machine(std::size_t count, Fences fences = Fences::kAsymmetric) : threads_(count) {
    if (fences == Fences::kAsymmetric) mtaio::internal::asymmetric_fence_init();
    workers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      auto parker = std::make_unique<mtaio::lowlevel::FutexParker>();
      handoff.add(workers.add(std::make_unique<Worker>(scheduler_, idle.counts(), std::move(parker),
                                                       static_cast<std::uint32_t>(i + 1), false)));
    }
    for (auto& thread : threads_) {
      thread = std::make_unique<WorkerThread>(false);
      const bool acquired = handoff.try_acquire(*thread);
      require(acquired, "there is a worker for each thread");
    }
  }

  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  /// All threads have ended: no worker with a thread counts as one that sleeps or searches.
  ~Machine() {
    add_unstarted(1);
    require(idle.counts().should_notify() && idle.counts().sleeping() == unstarted_,
            "only those without a thread");
  }
  /// Adds `count` workers without a thread, which never get one.
  void add_unstarted(std::uint32_t count) {
    unstarted_ += count;
    idle.add_unstarted(count);
  }

  /// What the thread of a worker does until it is dismissed.
  void work(std::size_t number) {
    WorkerThread& thread = *threads_[number];
    Worker& self = thread.worker();
    while (!handoff.must_release(thread)) {
      if (Job* job = find_job(self)) {
        if (idle.must_begin_work(self)) idle.begin_work(self);
        (void)job->run();
      } else {
        idle.sleep(self, thread);
      }
    }
    idle.end_search(self);
    idle.leave_rest_to_others();
  }

  /// Pushes a fan-out, as a task does.
  void push_fan_out(std::size_t number, Job& job) {
    Worker& self = workers[number];
    require(self.fan_outs.push(&job), "there is room");
    if (self.should_notify()) idle.fan_out_pushed();
  }
  void push_ready(std::size_t number, Job& job) {
    workers[number].ready.push(job);
    idle.jobs_pushed();
  }
  void inject(Job& job) {
    workers.injector().push(job);
    idle.job_injected();
  }
  void dismiss_all() {
    for (auto& thread : threads_) handoff.dismiss(*thread);
  }

  Workers workers;
  WorkerHandoff handoff;

 private:
  NoScheduler scheduler_;
  NoStarter starter_;

 public:
  Idle idle{workers, handoff, starter_};

 private:
  Job* find_job(Worker& self) {
    workers.fire_expired_timers();
    if (Job* job = self.fan_outs.pop()) return job;
    if (Job* job = self.ready.take(false)) return job;
    idle.begin_search(self);
    if (Job* job = workers.injector().pop()) return job;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      Worker& other = workers[i];
      if (&other == &self) continue;
      if (Job* job = other.fan_outs.steal()) return job;
      if (!other.steal_delay.is_over(other.ready)) continue;
      if (Job* job = other.ready.steal()) return job;
    }
    return nullptr;
  }

  std::vector<std::unique_ptr<WorkerThread>> threads_;
  std::uint32_t unstarted_ = 0;
};

/// The first worker pushes a fan-out and blocks; the other one may be falling asleep.
template <Fences kFences = Fences::kAsymmetric>
void a_fan_out_against_sleep() {
  Machine machine{2, kFences};
  EventJob job;
  in_threads(
      [&] {
        machine.push_fan_out(0, job);
        job.ran.wait();
        machine.dismiss_all();
      },
      [&] { machine.work(1); });
}

/// The same with a ready job, which the other worker takes after the steal delay.
template <Fences kFences = Fences::kAsymmetric>
void a_ready_job_against_sleep() {
  Machine machine{2, kFences};
  EventJob job;
  in_threads(
      [&] {
        machine.push_ready(0, job);
        job.ran.wait();
        machine.dismiss_all();
      },
      [&] { machine.work(1); });
}

template <Fences kFences = Fences::kAsymmetric>
void a_job_from_outside_against_sleep() {
  Machine machine{2, kFences};
  EventJob job;
  in_threads(
      [&] {
        machine.inject(job);
        job.ran.wait();
        machine.dismiss_all();
      },
      [&] { machine.work(0); }, [&] { machine.work(1); });
}

/// A thread is to be started for the first job, and cannot be. Meanwhile it counts as one that
/// searches, so no worker is woken for the second job.
template <Fences kFences = Fences::kAsymmetric>
void a_thread_that_cannot_be_started() {
  Machine machine{1, kFences};
  machine.add_unstarted(1);
  EventJob first;
  EventJob second;
  in_threads(
      [&] {
        machine.inject(first);
        first.ran.wait();
        second.ran.wait();
        machine.dismiss_all();
      },
      [&] { machine.inject(second); }, [&] { machine.work(0); });
}

/// The first job blocks until the second has run. A worker that searches takes the first one; then
/// another worker has to be awake for the second.
void two_fan_outs_against_search() {
  Machine machine{3};
  EventJob second;
  EventJob first;
  first.waits_for = &second.ran;
  in_threads(
      [&] {
        machine.push_fan_out(0, first);
        machine.push_fan_out(0, second);
        first.ran.wait();
        machine.dismiss_all();
      },
      [&] { machine.work(1); }, [&] { machine.work(2); });
}

void two_jobs_from_outside_against_search() {
  Machine machine{2};
  EventJob second;
  EventJob first;
  first.waits_for = &second.ran;
  in_threads(
      [&] {
        machine.inject(first);
        machine.inject(second);
        first.ran.wait();
        machine.dismiss_all();
      },
      [&] { machine.work(0); }, [&] { machine.work(1); });
}

/// A worker arms a timer and blocks: one that sleeps, or falls asleep, fires it.
template <Fences kFences = Fences::kAsymmetric>
void a_timer_against_sleep() {
  struct EventTimer : Timer {
    EventTimer() : Timer{&EventTimer::fired} {}
    static void fired(Timer& timer) noexcept { static_cast<EventTimer&>(timer).event.set(); }
    ThreadEvent event;
  };
  Machine machine{2, kFences};
  EventTimer timer;
  in_threads(
      [&] {
        const TimePoint deadline = TimePoint::clock::now() + std::chrono::milliseconds{1};
        machine.workers[0].timers.arm(timer, deadline);
        machine.idle.timer_armed(deadline);
        timer.event.wait();
        machine.dismiss_all();
      },
      [&] { machine.work(1); });
  mtaio::lowlevel::TimerHeap::disarm(timer);
}

TEST_CASE("model: Idle: one push") {
  check_both_ways("a fan-out against sleep", &a_fan_out_against_sleep<>, 3'000);
  check_model("  few preemptions", &a_fan_out_against_sleep<>, all_with(2, 3'000));
  check_both_ways("a ready job against sleep", &a_ready_job_against_sleep<>, 3'000);
  check_both_ways("a job from outside against sleep", &a_job_from_outside_against_sleep<>, 3'000);
  check_both_ways("a timer against sleep", &a_timer_against_sleep<>, 3'000);
}

TEST_CASE("model: Idle: with ordinary fences") {
  check_both_ways("a fan-out against sleep", &a_fan_out_against_sleep<Fences::kOrdinary>, 3'000);
  check_both_ways("a ready job against sleep", &a_ready_job_against_sleep<Fences::kOrdinary>,
                  3'000);
  check_both_ways("a job from outside against sleep",
                  &a_job_from_outside_against_sleep<Fences::kOrdinary>, 3'000);
  check_both_ways("a timer against sleep", &a_timer_against_sleep<Fences::kOrdinary>, 3'000);
}

TEST_CASE("model: Idle: a thread that cannot be started") {
  check_both_ways("against two jobs", &a_thread_that_cannot_be_started<>, 4'000);
  check_both_ways("with ordinary fences", &a_thread_that_cannot_be_started<Fences::kOrdinary>,
                  4'000);
}

TEST_CASE("model: Idle: two pushes") {
  check_both_ways("two fan-outs against search", &two_fan_outs_against_search, 4'000);
  check_both_ways("two jobs from outside against search", &two_jobs_from_outside_against_search,
                  4'000);
}

}  // namespace
