/// Whatever is ready gets its turn, however much else is ready.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/machine_delay.hpp"
#include "support/sanitized.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
using test::nothing;

// Around what a worker holds in its ring, and far above it.
constexpr std::size_t kCounts[] = {255, 256, 257, 10'000};
constexpr std::size_t kThreads[] = {1, 2, 4};

/// How far the tasks that always have something to do have come.
struct Crowd {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> turns{0};
};

mtaio::Task<void> yield_until_told(Crowd& crowd) {
  while (!crowd.stop) {
    crowd.turns.fetch_add(1, std::memory_order_relaxed);
    co_await mtaio::sleep(0s);
  }
}

std::vector<mtaio::Task<void>> crowd_of(std::size_t count, Crowd& crowd) {
  std::vector<mtaio::Task<void>> tasks;
  tasks.reserve(count + 1);
  for (std::size_t i = 0; i < count; ++i) tasks.push_back(yield_until_told(crowd));
  return tasks;
}

/// Runs `one` beside N tasks that are always ready, until it has ended.
mtaio::Task<void> end_crowd_after(mtaio::Task<void> one, Crowd& crowd) {
  co_await std::move(one);
  crowd.stop = true;
}
mtaio::Task<void> gather_all(std::vector<mtaio::Task<void>> tasks,
                             mtaio::GatherOptions options = {}) {
  mtaio::TaskExecutor executor;
  co_await executor.gather(std::move(tasks), options);
}
void run_in_crowd(std::size_t count, std::size_t threads, Crowd& crowd, mtaio::Task<void> one) {
  auto tasks = crowd_of(count, crowd);
  tasks.push_back(end_crowd_after(std::move(one), crowd));
  mtaio::run(gather_all(std::move(tasks)), {.threads = threads});
}

mtaio::Task<void> pass_time() { co_await mtaio::sleep(2ms); }
mtaio::Task<void> get_one(mtaio::AsyncQueue<int>& queue) { co_await queue.get(); }
mtaio::Task<int> answer() { co_return 42; }
mtaio::Task<void> start_another() {
  mtaio::TaskExecutor executor;
  auto handle = executor.create_task(answer());
  co_await handle;
}
mtaio::Task<void> call_a_function() {
  mtaio::TaskExecutor executor;
  co_await executor.run_in_thread([] {});
}

mtaio::Task<void> ping_pong(mtaio::AsyncQueue<int>& from, mtaio::AsyncQueue<int>& to,
                            Crowd& crowd) {
  while (auto ball = co_await from.next()) {
    if (crowd.stop) to.shutdown();
    if (crowd.stop) from.shutdown();
    if (crowd.stop) break;
    co_await to.put(*ball + 1);
  }
}

}  // namespace

TEST_CASE("liveness: a timer fires beside any number of tasks that are ready") {
  for (const std::size_t threads : kThreads) {
    for (const std::size_t count : kCounts) {
      CAPTURE(threads);
      CAPTURE(count);
      Crowd crowd;
      run_in_crowd(count, threads, crowd, pass_time());
      CHECK(crowd.stop);
    }
  }
}

constexpr std::size_t kCrowd = test::kSanitized ? 30'000 : 1'000'000;

TEST_CASE("liveness: a million tasks that are ready do not keep a timer from firing") {
  for (const std::size_t threads : kThreads) {
    CAPTURE(threads);
    Crowd crowd;
    run_in_crowd(kCrowd, threads, crowd, pass_time());
    CHECK(crowd.stop);
  }
}

TEST_CASE(
    "liveness: the items of a plain thread arrive beside any number of tasks that are ready") {
  for (const std::size_t threads : kThreads) {
    for (const std::size_t count : kCounts) {
      CAPTURE(threads);
      CAPTURE(count);
      Crowd crowd;
      mtaio::AsyncQueue<int> queue;
      std::jthread putter{[&] {
        while (crowd.turns < count) std::this_thread::yield();
        int item = 1;
        queue.try_put(item);
      }};
      run_in_crowd(count, threads, crowd, get_one(queue));
      CHECK(crowd.stop);
    }
  }
}

TEST_CASE("liveness: a created task and a function in a thread end beside a crowd") {
  for (const std::size_t threads : kThreads) {
    for (const std::size_t count : kCounts) {
      CAPTURE(threads);
      CAPTURE(count);
      Crowd first;
      run_in_crowd(count, threads, first, start_another());
      CHECK(first.stop);
      Crowd second;
      run_in_crowd(count, threads, second, call_a_function());
      CHECK(second.stop);
    }
  }
}

TEST_CASE("liveness: a timeout stops any number of tasks that are ready") {
  for (const std::size_t threads : kThreads) {
    for (const std::size_t count : kCounts) {
      CAPTURE(threads);
      CAPTURE(count);
      Crowd crowd;
      auto stopped = gather_all(crowd_of(count, crowd), {.timeout = 5ms});
      CHECK_THROWS_AS(mtaio::run(std::move(stopped), {.threads = threads}), mtaio::TimeoutError);
    }
  }
}

TEST_CASE("liveness: pairs that play ping-pong leave the timer its turn") {
  for (const std::size_t threads : kThreads) {
    CAPTURE(threads);
    Crowd crowd;
    std::vector<mtaio::AsyncQueue<int>> balls(600);
    std::vector<mtaio::Task<void>> tasks;
    for (std::size_t i = 0; i < balls.size(); i += 2) {
      int ball = 0;
      balls[i].try_put(ball);
      tasks.push_back(ping_pong(balls[i], balls[i + 1], crowd));
      tasks.push_back(ping_pong(balls[i + 1], balls[i], crowd));
    }
    tasks.push_back(end_crowd_after(pass_time(), crowd));
    mtaio::run(gather_all(std::move(tasks)), {.threads = threads});
    CHECK(crowd.stop);
  }
}

namespace {

mtaio::Task<void> note_turns(std::size_t number, int rounds, std::vector<std::size_t>& notes) {
  for (int i = 0; i < rounds; ++i) {
    notes.push_back(number);
    co_await mtaio::sleep(0s);
  }
}

mtaio::Task<void> create_and_await(std::size_t count, int rounds, std::vector<std::size_t>& notes) {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::TaskHandle<void>> handles;
  for (std::size_t i = 0; i < count; ++i) {
    handles.push_back(executor.create_task(note_turns(i, rounds, notes)));
  }
  for (auto& handle : handles) co_await handle;
}
mtaio::Task<void> get_and_note(mtaio::AsyncQueue<int>& queue, const Crowd& crowd,
                               std::uint64_t& turns) {
  co_await queue.get();
  turns = crowd.turns;
}

}  // namespace

TEST_CASE("liveness: on one worker tasks resume in the order in which they became ready") {
  for (const std::size_t count : {255U, 256U, 257U, 10'000U, 100'000U}) {
    CAPTURE(count);
    constexpr int kRounds = 4;
    std::vector<std::size_t> notes;
    notes.reserve(kRounds * count);
    mtaio::run(create_and_await(count, kRounds, notes), {.threads = 1});

    REQUIRE(notes.size() == kRounds * count);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < notes.size(); ++i) wrong += notes[i] == i % count ? 0 : 1;
    CHECK(wrong == 0);
  }
}

TEST_CASE(
    "liveness: on one worker a job from outside waits for the jobs that were ready before it") {
  for (const std::size_t count : kCounts) {
    CAPTURE(count);
    Crowd crowd;
    mtaio::AsyncQueue<int> queue;
    std::atomic<std::uint64_t> at_put{0};
    std::uint64_t at_get = 0;
    std::jthread putter{[&] {
      while (crowd.turns < 3 * count) std::this_thread::yield();
      int item = 0;
      queue.try_put(item);
      at_put = crowd.turns.load();
    }};
    run_in_crowd(count, 1, crowd, get_and_note(queue, crowd, at_get));
    putter.join();
    // Within 32 turns its worker takes it from the injector, behind all that is ready then.
    CHECK(at_get <= at_put + count + 64);
  }
}

namespace {

mtaio::Task<void> yield_once() { co_await mtaio::sleep(0s); }
mtaio::Task<void> set(std::atomic<bool>& flag) {
  flag = true;
  co_return;
}
mtaio::Task<void> gather_until(const std::atomic<bool>& flag) {
  mtaio::TaskExecutor executor;
  while (!flag) co_await executor.gather(yield_once(), nothing());
}
mtaio::Task<void> yield_until(const std::atomic<bool>& flag) {
  while (!flag) co_await mtaio::sleep(0s);
}
mtaio::Task<void> stay_busy(std::atomic<bool>& busy, const std::atomic<bool>& end) {
  busy = true;
  co_await yield_until(end);
}
/// Leaves a task that sets `flag` behind itself, ready on this worker, and computes until it has.
mtaio::Task<void> compute_before(std::atomic<bool>& flag, const std::atomic<bool>& busy_elsewhere) {
  co_await yield_until(busy_elsewhere);
  mtaio::TaskExecutor executor;
  auto other = executor.create_task(set(flag));
  while (!flag) std::this_thread::yield();
  co_await other;
}

}  // namespace

TEST_CASE(
    "liveness: a child that has not been started gets its turn beside gathers that continue") {
  for (const std::size_t threads : kThreads) {
    CAPTURE(threads);
    std::atomic<bool> started{false};
    // The oldest fork of the worker is the last child; each turn of the first makes a newer one.
    mtaio::TaskExecutor executor;
    mtaio::run(executor.gather(gather_until(started), set(started)), {.threads = threads});
    CHECK(started);
  }
}

TEST_CASE(
    "liveness: jobs that are ready on a worker that computes are taken by other busy workers") {
  for (const std::size_t threads : {2U, 4U}) {
    for (int round = 0; round < 20; ++round) {
      std::atomic<bool> flag{false};
      std::atomic<bool> busy{false};
      mtaio::TaskExecutor executor;
      mtaio::run(executor.gather(compute_before(flag, busy), stay_busy(busy, flag),
                                 yield_until(flag), yield_until(flag)),
                 {.threads = threads});
      CHECK(flag);
    }
  }
}

namespace {

mtaio::Task<void> yield_and_measure(Crowd& crowd, std::atomic<Clock::rep>& longest) {
  while (!crowd.stop) {
    const auto ready = Clock::now();
    co_await mtaio::sleep(0s);
    const auto waited = (Clock::now() - ready).count();
    crowd.turns.fetch_add(1, std::memory_order_relaxed);
    auto most = longest.load(std::memory_order_relaxed);
    while (waited > most && !longest.compare_exchange_weak(most, waited)) {
    }
  }
}
mtaio::Task<void> pass(mtaio::Timeout time) { co_await mtaio::sleep(time); }

}  // namespace

TEST_CASE("liveness: nothing waits for longer than the number of tasks and the machine explain") {
  for (const std::size_t threads : kThreads) {
    for (const std::size_t count : {255U, 257U, 5'000U}) {
      CAPTURE(threads);
      CAPTURE(count);
      Crowd crowd;
      std::atomic<Clock::rep> longest{0};
      std::vector<mtaio::Task<void>> tasks;
      for (std::size_t i = 0; i < count; ++i) tasks.push_back(yield_and_measure(crowd, longest));
      tasks.push_back(end_crowd_after(pass(50ms), crowd));
      const test::MachineDelay delay;
      const auto begin = Clock::now();
      mtaio::run(gather_all(std::move(tasks)), {.threads = threads});
      // On each worker a turn of all tasks takes about so long.
      const auto round_of_all = (Clock::now() - begin) * static_cast<std::int64_t>(count) *
                                static_cast<std::int64_t>(threads) /
                                static_cast<std::int64_t>(crowd.turns + 1);
      CHECK(std::chrono::nanoseconds{longest} < 500ms + 20 * delay.longest() + 20 * round_of_all);
    }
  }
}
