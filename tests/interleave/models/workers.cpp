/// What a worker sees of the work of others, and when: one thread, and a clock that shows virtual
/// time.
#include "runtime/workers.hpp"

#include "interleave/models/model.hpp"
#include "runtime/timer_keeper.hpp"
#include "support/idle_scheduler.hpp"

#include <coroutine>
#include <memory>

namespace {

using namespace models;
using namespace std::chrono_literals;
using mtaio::internal::IdleCounts;
using mtaio::lowlevel::Job;
using mtaio::lowlevel::TimePoint;
using mtaio::lowlevel::Timer;
using mtaio::runtime::kStealDelay;
using mtaio::runtime::ReadyQueue;
using mtaio::runtime::StealBackOff;
using mtaio::runtime::StealDelay;
using mtaio::runtime::TimerKeeper;
using mtaio::runtime::VisibleWork;
using mtaio::runtime::Worker;
using mtaio::runtime::Workers;

class NoScheduler final : public test::IdleScheduler {};

struct NoJob : Job {
  NoJob() : Job{[](Job&) noexcept -> std::coroutine_handle<> { return std::noop_coroutine(); }} {}
};

struct CountingTimer : Timer {
  CountingTimer() : Timer{&CountingTimer::fired} {}
  static void fired(Timer& timer) noexcept { ++static_cast<CountingTimer&>(timer).times; }
  int times = 0;
};

/// The clock goes on a little whenever it is looked at.
constexpr std::chrono::nanoseconds kMoment{10'000};

TimePoint now() { return TimePoint::clock::now(); }
void let_pass(std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }

/// Three workers. The first one looks.
struct Three {
  Three() {
    workers.reserve(3);
    for (std::uint32_t i = 0; i < 3; ++i) {
      workers.add(std::make_unique<Worker>(
          scheduler, counts, std::make_unique<mtaio::lowlevel::FutexParker>(), i, false));
    }
  }
  void require_sees(VisibleWork expected, const char* what) {
    require(workers.visible_work(workers[0]) == expected, what);
    require(workers.has_work() == (expected != VisibleWork::kNothing), what);
  }
  void require_sees_nothing() { require_sees(VisibleWork::kNothing, "all is gone"); }
  /// One more than the ring of a ready queue holds: the last one is in the list behind it.
  void fill(ReadyQueue& queue) {
    for (NoJob& job : jobs) queue.push(job);
  }

  NoScheduler scheduler;
  IdleCounts counts;
  Workers workers;
  std::array<NoJob, 257> jobs;
};

void a_job_from_outside_is_seen() {
  Three three;
  three.require_sees_nothing();
  three.workers.injector().push(three.jobs[0]);
  three.require_sees(VisibleWork::kNow, "from outside");
  require(three.workers.injector().pop() == &three.jobs[0], "it is there");
  three.require_sees_nothing();
}

void a_job_of_its_own_is_seen() {
  Three three;
  three.workers[0].ready.push(three.jobs[0]);
  three.require_sees(VisibleWork::kNow, "its own");
  require(three.workers[0].ready.take(false) == &three.jobs[0], "it is there");
  three.require_sees_nothing();
}

void fan_outs_are_seen() {
  for (std::size_t i = 0; i < 3; ++i) {
    Three three;
    require(three.workers[i].fan_outs.push(&three.jobs[0]), "there is room");
    three.require_sees(VisibleWork::kNow, "of any worker, also its own");
    three.workers[0].back_off.begin(now() + 50us);
    three.require_sees(VisibleWork::kForOthers, "it backs off");
    three.workers[1].ready.push(three.jobs[1]);
    three.require_sees(VisibleWork::kForOthers, "others may take more than it will");
    require(three.workers[1].ready.take(false) == &three.jobs[1], "it is there");
    let_pass(50us);
    three.require_sees(VisibleWork::kNow, "it does not back off any more");
    require(three.workers[i].fan_outs.pop() == &three.jobs[0], "it is there");
    three.require_sees_nothing();
  }
}

void a_ready_job_of_another_is_seen_later() {
  for (std::size_t i = 1; i < 3; ++i) {
    Three three;
    three.workers[i].ready.push(three.jobs[0]);
    three.require_sees(VisibleWork::kLater, "its delay begins");
    let_pass(kStealDelay - kMoment);
    three.require_sees(VisibleWork::kLater, "its delay is not over");
    let_pass(kMoment);
    three.require_sees(VisibleWork::kNow, "its delay is over");
    require(three.workers[i].ready.steal() == &three.jobs[0], "it is there");
    three.require_sees_nothing();
  }
}

void jobs_behind_a_ring_are_seen() {
  Three three;
  three.fill(three.workers[1].ready);
  three.require_sees(VisibleWork::kNow, "a worker with so many does not need them soon");
}

void timers_are_seen_when_they_expire() {
  Three three;
  CountingTimer first;
  CountingTimer second;
  require(three.workers.next_deadline() == TimePoint::max(), "there is none");
  const TimePoint begin = now();
  three.workers[2].timers.arm(first, begin + 10us);
  three.workers[1].timers.arm(second, begin + 20us);
  require(three.workers.next_deadline() == begin + 10us, "the earlier one");
  let_pass(10us - kMoment);
  three.require_sees_nothing();
  three.workers.fire_expired_timers();
  require(first.times == 0, "not yet");
  let_pass(kMoment);
  three.require_sees(VisibleWork::kNow, "it has expired");
  three.workers.fire_expired_timers();
  require(first.times == 1 && second.times == 0, "one of them");
  require(three.workers.next_deadline() == begin + 20us, "the other one");
  three.require_sees_nothing();
  let_pass(10us);
  three.workers.fire_expired_timers();
  require(second.times == 1, "in its turn");
  require(three.workers.next_deadline() == TimePoint::max(), "none is left");
}

void the_delay_of_each_job() {
  ReadyQueue queue;
  StealDelay delay;
  std::array<NoJob, 3> jobs;
  require(!delay.is_over(queue), "there is no job");
  queue.push(jobs[0]);
  require(!delay.is_over(queue), "it begins when it is first seen");
  queue.push(jobs[1]);
  let_pass(kStealDelay);
  require(delay.is_over(queue), "the oldest one was seen long ago");
  require(queue.steal() == &jobs[0], "the oldest");
  require(!delay.is_over(queue), "the next one was not seen before");
  let_pass(kStealDelay);
  queue.push(jobs[2]);
  require(delay.is_over(queue), "now it was");
  require(queue.take(false) == &jobs[1], "its worker takes it");
  require(!delay.is_over(queue), "the last one was not seen before");
  let_pass(kStealDelay - kMoment);
  require(!delay.is_over(queue), "not yet");
  let_pass(kMoment);
  require(delay.is_over(queue), "now");
}

void a_back_off_ends() {
  StealBackOff back_off;
  require(!back_off.is_active(), "it has not begun");
  back_off.begin(now() + 10us);
  require(back_off.is_active(), "it has begun");
  let_pass(10us - kMoment);
  require(back_off.is_active(), "not yet over");
  let_pass(kMoment);
  require(!back_off.is_active(), "over");
}

void one_sleeper_watches_the_clock() {
  Three three;
  Worker& one = three.workers[0];
  Worker& other = three.workers[1];
  TimerKeeper keeper;
  const TimePoint begin = now();
  require(keeper.wakes_at() == TimePoint::max(), "there is none");
  require(!keeper.offer(one, TimePoint::max()), "it would not wake up");
  require(keeper.offer(one, begin + 10us), "the first one");
  require(!keeper.offer(other, begin + 10us), "not earlier");
  require(keeper.wakes_at() == begin + 10us, "still the first one");
  keeper.resign(other);
  require(keeper.wakes_at() == begin + 10us, "the other one is not the keeper");
  require(keeper.offer(other, begin + 5us), "earlier");
  keeper.resign(one);
  require(keeper.wakes_at() == begin + 5us, "the first one is not the keeper any more");
  keeper.resign(other);
  require(keeper.wakes_at() == TimePoint::max(), "there is none again");
  require(keeper.offer(one, begin + 20us), "anyone may be the next one");
}

TEST_CASE("model: Workers: what a worker sees") {
  check_model("a job from outside", &a_job_from_outside_is_seen, all(1'000));
  check_model("a job of its own", &a_job_of_its_own_is_seen, all(1'000));
  check_model("fan-outs", &fan_outs_are_seen, all(1'000));
  check_model("a ready job of another", &a_ready_job_of_another_is_seen_later, all(1'000));
  check_model("jobs behind a ring", &jobs_behind_a_ring_are_seen, all(1'000));
  check_model("timers", &timers_are_seen_when_they_expire, all(1'000));
}

TEST_CASE("model: Workers: delays and the timer keeper") {
  check_model("the delay of each job", &the_delay_of_each_job, all(1'000));
  check_model("a back-off ends", &a_back_off_ends, all(1'000));
  check_model("one sleeper watches the clock", &one_sleeper_watches_the_clock, all(1'000));
}

}  // namespace
