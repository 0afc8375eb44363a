/// How long a worker parks, and which worker is woken for what: one thread, and a clock that shows
/// virtual time. What other threads do meanwhile happens inside of park().
#include "interleave/models/model.hpp"
#include "runtime/idle.hpp"
#include "support/idle_scheduler.hpp"

#include <coroutine>
#include <memory>
#include <vector>

namespace {

using namespace models;
using namespace std::chrono_literals;
using mtaio::lowlevel::Job;
using mtaio::lowlevel::TimePoint;
using mtaio::lowlevel::Timer;
using mtaio::runtime::Idle;
using mtaio::runtime::kStealDelay;
using mtaio::runtime::Worker;
using mtaio::runtime::WorkerHandoff;
using mtaio::runtime::Workers;
using mtaio::runtime::WorkerThread;

class NoScheduler final : public test::IdleScheduler {};

struct NoJob : Job {
  NoJob() : Job{[](Job&) noexcept -> std::coroutine_handle<> { return std::noop_coroutine(); }} {}
};

struct NoTimer : Timer {
  NoTimer() : Timer{[](Timer&) noexcept {}} {}
};

TimePoint now() { return TimePoint::clock::now(); }

/// Does not park. Notes until when it was to, and lets something happen.
class NotingParker final : public mtaio::lowlevel::Parker {
 public:
  void park(TimePoint until) noexcept override {
    deadlines.push_back(until);
    if (until != TimePoint::max()) lengths.push_back(until - now());
    if (during) std::exchange(during, nullptr)();
  }
  void unpark() noexcept override { ++unparks; }

  std::vector<TimePoint> deadlines;
  std::vector<TimePoint::duration> lengths;
  std::function<void()> during;
  int unparks = 0;
};

/// Counts, and starts no thread.
class CountingStarter final : public mtaio::runtime::WorkerStarter {
 public:
  bool start_worker() noexcept override {
    ++asked;
    return starts;
  }
  int asked = 0;
  bool starts = true;
};

/// Two workers with a thread each.
struct Two {
  Two() {
    mtaio::internal::asymmetric_fence_init();
    workers.reserve(2);
    for (std::uint32_t i = 0; i < 2; ++i) {
      auto made = std::make_unique<NotingParker>();
      parkers[i] = made.get();
      handoff.add(workers.add(
          std::make_unique<Worker>(scheduler, idle.counts(), std::move(made), i, false)));
      require(handoff.try_acquire(threads[i]), "there is a worker for each thread");
    }
  }
  Two(const Two&) = delete;
  Two& operator=(const Two&) = delete;

  void sleep(std::size_t number) { idle.sleep(threads[number].worker(), threads[number]); }
  /// Finds a job and works.
  void work(std::size_t number) {
    Worker& worker = threads[number].worker();
    if (idle.must_begin_work(worker)) idle.begin_work(worker);
    require(worker.idle.is_working(), "it works from now on");
  }
  /// The worker has work, the other one sleeps, and something happens.
  void while_other_sleeps(std::size_t number, std::function<void()> happens) {
    parkers[number]->during = std::move(happens);
    sleep(number);
  }
  /// The number of parks that end by themselves, and how long they are at most.
  void require_parks(std::size_t number, std::vector<int> steal_delays, const char* what) {
    NotingParker& parker = *parkers[number];
    require(parker.lengths.size() == steal_delays.size(), what);
    for (std::size_t i = 0; i < steal_delays.size(); ++i) {
      require(parker.lengths[i] <= steal_delays[i] * kStealDelay, what);
      require(parker.lengths[i] > steal_delays[i] * kStealDelay - 5us, what);
    }
    parker.lengths.clear();
    parker.deadlines.clear();
  }
  void wake(std::size_t number) {
    while_other_sleeps(number, [this] {
      workers.injector().push(job);
      idle.job_injected();
    });
    require(workers.injector().pop() == &job, "it is there");
  }

  NoScheduler scheduler;
  Workers workers;
  WorkerHandoff handoff;
  CountingStarter starter;
  Idle idle{workers, handoff, starter};
  std::array<WorkerThread, 2> threads;
  std::array<NotingParker*, 2> parkers{};
  NoJob job;
};

void a_worker_parks_until_it_is_woken() {
  Two two;
  require(two.workers[0].idle.is_working(), "it begins like this");
  two.sleep(0);
  require(two.workers[0].idle.woke_by_itself(), "nothing woke it");
  require(!two.workers[0].idle.is_working(), "it has to look for work");
  two.sleep(0);
  require(two.parkers[0]->deadlines == std::vector(2, TimePoint::max()), "no limit");
  require(two.parkers[0]->unparks == 0, "and nothing wakes it");
}

/// A worker that was woken looks again by itself, less and less often, four times.
void a_worker_that_was_woken_parks_for_a_time() {
  Two two;
  two.wake(0);
  require(two.parkers[0]->unparks == 1, "it was woken");
  require(!two.workers[0].idle.woke_by_itself(), "by another thread");
  two.require_parks(0, {}, "it slept until then");
  for (int i = 0; i < 6; ++i) two.sleep(0);
  require(two.parkers[0]->deadlines.size() == 6, "it found nothing to do");
  require(two.parkers[0]->deadlines[4] == TimePoint::max(), "no limit after four");
  two.require_parks(0, {1, 2, 3, 4}, "four, each longer");
  // Woken once more, and without work in between, it parks for the longest time.
  two.wake(0);
  for (int i = 0; i < 5; ++i) two.sleep(0);
  two.require_parks(0, {4, 4, 4, 4}, "it has not worked");
  // After it has worked, they are short again.
  two.wake(0);
  two.work(0);
  two.require_parks(0, {}, "it slept until then");
  two.sleep(0);
  two.require_parks(0, {}, "nothing has woken it since it worked");
  two.wake(0);
  two.sleep(0);
  two.require_parks(0, {1}, "it has worked");
}

/// A job of another worker, which is not to be taken yet.
void a_worker_looks_again_for_a_ready_job() {
  Two two;
  two.workers[1].ready.push(two.job);
  two.sleep(0);
  two.require_parks(0, {1}, "it looks again after the delay");
  require(two.workers[1].ready.take(false) == &two.job, "it is there");
  for (int i = 0; i < 5; ++i) two.sleep(0);
  two.require_parks(0, {2, 3, 4}, "three more, each longer");
}

void a_worker_does_not_park_beside_work() {
  Two two;
  two.workers.injector().push(two.job);
  two.sleep(0);
  require(two.parkers[0]->deadlines.empty(), "it sees the job");
  require(!two.idle.counts().should_notify(), "it searches");
  require(two.workers.injector().pop() == &two.job, "it is there");
  two.handoff.dismiss(two.threads[0]);
  two.sleep(0);
  require(two.parkers[0]->deadlines.empty(), "it is dismissed");
}

/// One that will look by itself is not woken for ready jobs, but for jobs from outside.
void a_worker_in_a_timed_park_is_left_alone() {
  Two two;
  two.wake(0);
  two.while_other_sleeps(0, [&] { two.idle.jobs_pushed(); });
  require(two.parkers[0]->unparks == 1, "it will look");
  two.while_other_sleeps(0, [&] { two.idle.job_injected(); });
  require(two.parkers[0]->unparks == 2, "it would look too late");
  for (int i = 0; i < 4; ++i) two.sleep(0);
  two.while_other_sleeps(0, [&] { two.idle.jobs_pushed(); });
  require(two.parkers[0]->unparks == 3, "it would not look");
}

void a_worker_that_backs_off_is_not_woken_for_fan_outs() {
  Two two;
  two.workers[0].back_off.begin(now() + 1h);
  two.while_other_sleeps(0, [&] { two.idle.fan_out_pushed(); });
  require(two.parkers[0]->unparks == 0, "it would not take it");
  two.workers[0].back_off.begin(TimePoint{});
  two.sleep(0);
  two.require_parks(0, {1}, "it looks again once");
  two.workers[0].back_off.begin(now() + 1h);
  two.while_other_sleeps(0, [&] { two.idle.job_injected(); });
  require(two.parkers[0]->unparks == 1, "it may take that");
  two.workers[0].back_off.begin(TimePoint{});
  for (int i = 0; i < 5; ++i) two.sleep(0);
  two.while_other_sleeps(0, [&] { two.idle.fan_out_pushed(); });
  require(two.parkers[0]->unparks == 2, "it backs off no more");
}

/// Of two sleepers, the one that backs off is woken last.
void a_worker_that_backs_off_is_woken_last() {
  Two two;
  two.workers[0].back_off.begin(now() + 1h);
  two.while_other_sleeps(1, [&] {
    two.while_other_sleeps(0, [&] {
      two.idle.fan_out_pushed();
      require(two.parkers[1]->unparks == 1 && two.parkers[0]->unparks == 0, "the other one");
    });
  });
}

/// It leaves the fan-out that it sees to a worker that sleeps.
void a_worker_that_backs_off_wakes_another() {
  Two two;
  two.while_other_sleeps(1, [&] {
    require(two.workers[0].fan_outs.push(&two.job), "there is room");
    two.workers[0].back_off.begin(now() + 1h);
    two.idle.begin_search(two.workers[0]);
    two.sleep(0);
    require(two.parkers[1]->unparks == 1 && two.parkers[0]->unparks == 0, "the other one");
  });
}

void the_last_one_to_fall_asleep_is_woken_first() {
  Two two;
  two.while_other_sleeps(0, [&] {
    two.while_other_sleeps(1, [&] {
      two.idle.job_injected();
      require(two.parkers[1]->unparks == 1 && two.parkers[0]->unparks == 0, "its cache is warm");
      two.idle.job_injected();
      require(two.parkers[0]->unparks == 0, "one searches already");
    });
  });
}

/// A worker that stops searching wakes another for what it leaves, if anything.
void the_last_searcher_leaves_work_to_another() {
  Two two;
  two.while_other_sleeps(1, [&] {
    two.idle.begin_search(two.workers[0]);
    two.idle.begin_search(two.workers[0]);
    two.idle.end_search(two.workers[0]);
    require(two.parkers[1]->unparks == 0, "there is nothing");
    two.idle.end_search(two.workers[0]);
    two.idle.begin_search(two.workers[0]);
    two.workers.injector().push(two.job);
    two.idle.job_injected();
    require(two.parkers[1]->unparks == 0, "one searches");
    two.idle.end_search(two.workers[0]);
    require(two.parkers[1]->unparks == 1, "it leaves the job");
    two.idle.leave_rest_to_others();
    require(two.parkers[1]->unparks == 1, "one searches again");
  });
}

/// One sleeper wakes up for the timers, the other one does not.
void one_sleeper_watches_the_timers() {
  Two two;
  NoTimer timer;
  const TimePoint deadline = now() + 10ms;
  two.workers[0].timers.arm(timer, deadline);
  two.while_other_sleeps(0, [&] { two.sleep(1); });
  require(two.parkers[0]->deadlines == std::vector{deadline}, "the first one");
  require(two.parkers[1]->deadlines == std::vector{TimePoint::max()}, "not the second");
  two.sleep(1);
  require(two.parkers[1]->deadlines.back() == deadline, "the first one is awake");
  mtaio::lowlevel::TimerHeap::disarm(timer);
}

/// A timer that expires before the keeper wakes up: then a sleeper has to look at it.
void an_earlier_timer_wakes_a_sleeper() {
  Two two;
  two.while_other_sleeps(0, [&] {
    two.idle.timer_armed(TimePoint::max());
    require(two.parkers[0]->unparks == 0, "it never expires");
    two.idle.timer_armed(now() + 10ms);
    require(two.parkers[0]->unparks == 1, "none watches");
  });
  NoTimer timer;
  const TimePoint deadline = now() + 10ms;
  two.workers[0].timers.arm(timer, deadline);
  for (int i = 0; i < 4; ++i) two.sleep(0);
  two.while_other_sleeps(0, [&] {
    two.idle.timer_armed(deadline + 1ms);
    two.idle.timer_armed(deadline);
    require(two.parkers[0]->unparks == 1, "it wakes up early enough");
    two.idle.timer_armed(deadline - 1ms);
    require(two.parkers[0]->unparks == 2, "it would wake up too late");
  });
  mtaio::lowlevel::TimerHeap::disarm(timer);
}

/// A worker that begins to work, or leaves, wakes one that watches the timers in its place.
void a_worker_leaves_the_timers_to_another() {
  for (const bool leaves : {true, false}) {
    Two two;
    NoTimer timer;
    two.while_other_sleeps(1, [&] {
      two.work(0);
      two.idle.leave_rest_to_others();
      require(two.parkers[1]->unparks == 0, "there is no timer");
      two.workers[0].timers.arm(timer, now() + 10ms);
      if (leaves) {
        two.idle.leave_rest_to_others();
      } else {
        two.work(0);
      }
      require(two.parkers[1]->unparks == 1, "none watches");
    });
    mtaio::lowlevel::TimerHeap::disarm(timer);
  }
}

/// A worker without a thread is started rather than none woken, once for each.
void a_worker_is_started() {
  Two two;
  two.idle.add_unstarted(2);
  two.idle.job_injected();
  require(two.starter.asked == 1, "one is started");
  two.idle.job_injected();
  require(two.starter.asked == 1, "it searches");
  two.idle.search_given_up();
  two.idle.job_injected();
  require(two.starter.asked == 2, "another one");
  two.idle.search_given_up();
  two.idle.job_injected();
  require(two.starter.asked == 2, "none is left");
}

/// A sleeper that may take the work is woken before a thread is started; one that backs off is not.
void a_sleeper_is_woken_before_one_is_started() {
  Two two;
  two.idle.add_unstarted(1);
  two.while_other_sleeps(0, [&] { two.idle.job_injected(); });
  require(two.parkers[0]->unparks == 1 && two.starter.asked == 0, "it takes the work");
  two.workers[0].back_off.begin(now() + 1h);
  two.while_other_sleeps(0, [&] { two.idle.fan_out_pushed(); });
  require(two.parkers[0]->unparks == 1 && two.starter.asked == 1, "it would not");
}

/// Where no thread can be started, the runtime tries again after a while, and others are woken.
void a_worker_that_cannot_be_started() {
  Two two;
  two.starter.starts = false;
  two.idle.add_unstarted(1);
  two.idle.job_injected();
  require(two.starter.asked == 1, "it cannot be started");
  require(two.idle.counts().should_notify(), "it does not search");
  require(two.idle.counts().sleeping() == 1, "it counts as asleep again");
  std::this_thread::sleep_for(9ms);
  two.idle.job_injected();
  require(two.starter.asked == 1, "not so soon");
  std::this_thread::sleep_for(1ms);
  two.idle.job_injected();
  require(two.starter.asked == 2, "now");
  two.workers[0].back_off.begin(now() + 1h);
  two.while_other_sleeps(0, [&] {
    two.workers.injector().push(two.job);
    two.idle.job_injected();
  });
  require(two.parkers[0]->unparks == 1, "one that backs off is better than none");
  require(two.workers.injector().pop() == &two.job, "it is there");
  two.work(0);
  two.starter.starts = true;
  std::this_thread::sleep_for(10ms);
  two.idle.job_injected();
  require(two.starter.asked == 3, "now it is started");
  two.idle.search_given_up();
  two.idle.job_injected();
  require(two.starter.asked == 3, "none is left");
}

/// The thread that could not be started counts as one without a thread again.
void a_worker_is_started_later() {
  Two two;
  two.starter.starts = false;
  two.idle.add_unstarted(1);
  two.idle.job_injected();
  two.starter.starts = true;
  std::this_thread::sleep_for(10ms);
  two.workers[0].back_off.begin(now() + 1h);
  two.while_other_sleeps(0, [&] { two.idle.fan_out_pushed(); });
  require(two.starter.asked == 2 && two.parkers[0]->unparks == 0, "rather than one that backs off");
}

/// What was pushed while the thread was to be started: another worker is woken for it.
void work_beside_one_that_cannot_be_started() {
  Two two;
  two.starter.starts = false;
  two.idle.add_unstarted(1);
  two.workers[0].back_off.begin(now() + 1h);
  two.while_other_sleeps(0, [&] {
    two.workers.injector().push(two.job);
    two.idle.fan_out_pushed();
    require(two.starter.asked == 1, "rather than one that backs off");
    require(two.parkers[0]->unparks == 1, "but then that one");
  });
  require(two.workers.injector().pop() == &two.job, "it is there");
}

void check_once(const char* what, const Program& program) { check_model(what, program, all(100)); }

TEST_CASE("model: Idle: how long a worker parks") {
  check_once("until it is woken", &a_worker_parks_until_it_is_woken);
  check_once("for a time, after it was woken", &a_worker_that_was_woken_parks_for_a_time);
  check_once("for a time, beside a ready job", &a_worker_looks_again_for_a_ready_job);
  check_once("not at all, beside work", &a_worker_does_not_park_beside_work);
  check_once("until a timer expires", &one_sleeper_watches_the_timers);
}

TEST_CASE("model: Idle: which worker is woken") {
  check_once("not one in a timed park", &a_worker_in_a_timed_park_is_left_alone);
  check_once("not one that backs off", &a_worker_that_backs_off_is_not_woken_for_fan_outs);
  check_once("one that backs off is the last", &a_worker_that_backs_off_is_woken_last);
  check_once("one that backs off wakes another", &a_worker_that_backs_off_wakes_another);
  check_once("the last one to fall asleep", &the_last_one_to_fall_asleep_is_woken_first);
  check_once("one for what a searcher leaves", &the_last_searcher_leaves_work_to_another);
  check_once("one for an earlier timer", &an_earlier_timer_wakes_a_sleeper);
  check_once("one for the timers", &a_worker_leaves_the_timers_to_another);
  check_once("one is started", &a_worker_is_started);
  check_once("a sleeper before one is started", &a_sleeper_is_woken_before_one_is_started);
  check_once("one cannot be started", &a_worker_that_cannot_be_started);
  check_once("one is started later", &a_worker_is_started_later);
  check_once("work beside one that cannot", &work_beside_one_that_cannot_be_started);
}

}  // namespace
