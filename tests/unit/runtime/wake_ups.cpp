/// What is pushed while workers fall asleep, or stop looking for work, is noticed.
#include <mtaio/core.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>

#include "runtime/injector.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
using mtaio::internal::asymmetric_fence_heavy;
using mtaio::internal::asymmetric_fence_init;
using mtaio::internal::asymmetric_fence_light;

struct Nothing : mtaio::lowlevel::Job {
  Nothing() : Job{[](Job&) noexcept -> std::coroutine_handle<> { return std::noop_coroutine(); }} {}
};

/// One thread pushes a job and looks whether a worker is to be woken; at the same moment a worker
/// changes its state and looks for jobs. One of them has to see the other.
struct alignas(128) Race {
  mtaio::internal::IdleCounts idle_counts;
  alignas(128) mtaio::runtime::Injector injector;
  alignas(128) Nothing job;  // last written by the worker, so that the pusher's stores take a while
  alignas(128) std::atomic<int> round{0};  // odd: set up; even: over
  alignas(128) std::atomic<int> ready{0};
  alignas(128) std::atomic<int> pushed{0};
  alignas(128) bool pusher_wakes = false;
  alignas(128) bool worker_sees = false;
};

/// Lets the two sides begin at points that differ a little each time.
void linger(unsigned& random) {
  random = random * 1664525U + 1013904223U;
  for (unsigned i = (random >> 20U) % 400; i > 0; --i)
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

struct Count {
  long races = 0;
  long missed = 0;
};

/// `set_up`, `look` and `clean_up` are called on the worker's thread.
template <class SetUp, class Look, class CleanUp>
Count race(std::chrono::milliseconds time, SetUp set_up, Look look, CleanUp clean_up) {
  asymmetric_fence_init();
  Race race;
  Count count;
  std::atomic<bool> end{false};
  std::thread pusher{[&] {
    unsigned random = 3;
    for (int round = 1;; round += 2) {
      while (race.round.load() != round) {
        if (end) return;
      }
      (void)race.idle_counts.should_notify();  // so that the look itself takes no time
      race.ready.store(round);
      linger(random);
      race.injector.push(race.job);
      asymmetric_fence_light();
      race.pusher_wakes = race.idle_counts.should_notify();
      race.pushed.store(round);
    }
  }};
  unsigned random = 7;
  const auto until = Clock::now() + time;
  for (int round = 1; Clock::now() < until; round += 2) {
    set_up(race);
    (void)race.injector.empty();
    race.round.store(round);
    while (race.ready.load() != round) {
    }
    linger(random);
    race.worker_sees = look(race);
    while (race.pushed.load() != round) {
    }
    ++count.races;
    if (!race.pusher_wakes && !race.worker_sees) ++count.missed;
    (void)race.injector.pop();
    clean_up(race);
    race.round.store(round + 1);
  }
  end = true;
  pusher.join();
  return count;
}

void wake_and_work(Race& race) {
  race.idle_counts.wake_up();
  race.idle_counts.end_search();
}

}  // namespace

TEST_CASE("wake-ups: a worker that stops looking sees the job, or the pusher wakes a sleeper") {
  const auto count = race(
      500ms,
      [](Race& race) {  // one sleeps, another one is looking
        race.idle_counts.add_sleeping(1);
        race.idle_counts.begin_search();
      },
      [](Race& race) {
        race.idle_counts.end_search();
        return race.idle_counts.should_notify() && !race.injector.empty();
      },
      wake_and_work);
  CHECK(count.races > 0);
  CHECK(count.missed == 0);
}

TEST_CASE("wake-ups: a worker that goes to sleep sees the job, or the pusher wakes it") {
  const auto count = race(
      500ms, [](Race& race) { race.idle_counts.begin_search(); },
      [](Race& race) {
        race.idle_counts.fall_asleep(true);
        asymmetric_fence_heavy();
        return !race.injector.empty();
      },
      wake_and_work);
  CHECK(count.races > 0);
  CHECK(count.missed == 0);
}

namespace {

mtaio::Task<void> note_time(Clock::time_point& at) {
  at = Clock::now();
  co_return;
}

/// Blocks this worker until the task behind it has been run by another one.
mtaio::Task<void> wait_for_other(mtaio::TaskExecutor& executor, Clock::duration& longest) {
  const auto begin = Clock::now();
  Clock::time_point at{};
  std::atomic<bool> done{false};
  const auto run = [](Clock::time_point& time, std::atomic<bool>& flag) -> mtaio::Task<void> {
    co_await note_time(time);
    flag = true;
  };
  auto handle = executor.create_task(run(at, done));
  while (!done) std::this_thread::yield();
  co_await handle;
  longest = std::max(longest, at - begin);
}

mtaio::Task<void> spawn_beside_sleepers(int rounds, Clock::duration& longest) {
  mtaio::TaskExecutor executor;
  for (int i = 0; i < rounds; ++i) {
    co_await wait_for_other(executor, longest);
    if (i % 3 == 0) co_await mtaio::sleep(1us * (i % 200));
  }
}

}  // namespace

TEST_CASE("wake-ups: a job that is ready behind a task that computes wakes a sleeping worker") {
  // A lost wake-up shows as a wait without end: nothing else in this run wakes a worker.
  for (const std::size_t threads : {2U, 3U, 4U}) {
    CAPTURE(threads);
    Clock::duration longest{};
    mtaio::run(spawn_beside_sleepers(2'000, longest), {.threads = threads});
    CHECK(longest < 5s);
  }
}
