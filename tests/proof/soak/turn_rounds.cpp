#include "proof/soak/planted.hpp"
#include "proof/soak/rounds.hpp"
#include "support/machine_delay.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace soak {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// What the tasks of one round share. Each stamps the moment from which something is ready to run,
/// and says when it does run how long that took.
struct Turns {
  std::atomic<bool> end{false};
  std::atomic<std::uint64_t> count{0};
  std::atomic<Clock::rep> longest{0};

  void ran(Clock::time_point ready_since) {
    count.fetch_add(1, std::memory_order_relaxed);
    const auto waited = (Clock::now() - ready_since).count();
    auto most = longest.load(std::memory_order_relaxed);
    while (waited > most && !longest.compare_exchange_weak(most, waited)) {
    }
  }
};
using Stamps = mtaio::AsyncQueue<Clock::time_point>;

void compute_for(std::chrono::microseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

mtaio::Task<void> yield_often(Turns& turns) {
  while (!turns.end) {
    const auto ready = Clock::now();
    co_await mtaio::sleep(0s);
    turns.ran(ready);
  }
}
mtaio::Task<void> be_woken_by_timers(Turns& turns, Random random) {
  while (!turns.end) {
    const std::chrono::microseconds time{random() % 2'000};
    const auto due = Clock::now() + time;
    co_await mtaio::sleep(time);
    turns.ran(due);
  }
}
mtaio::Task<void> compute_now_and_then(Turns& turns, Random random) {
  while (!turns.end) {
    compute_for(std::chrono::microseconds{random() % 300});
    co_await mtaio::sleep(std::chrono::microseconds{random() % 500});
  }
}
mtaio::Task<void> get_stamps(Turns& turns, Stamps& queue) {
  while (auto put = co_await queue.next()) turns.ran(*put);
}
/// One at a time, so that a getter waits for each.
mtaio::Task<void> put_stamps(Turns& turns, Stamps& queue, Random random) {
  while (!turns.end) {
    if (queue.empty()) co_await queue.put(Clock::now());
    co_await mtaio::sleep(std::chrono::microseconds{random() % 100});
  }
  queue.shutdown();
}
void put_stamps_from_outside(Turns& turns, Stamps& queue, Random random) {
  while (!turns.end) {
    auto now = Clock::now();
    if (queue.empty()) queue.try_put(now);
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 300});
  }
  queue.shutdown();
}
mtaio::Task<void> note_begin(Turns& turns, Clock::time_point ready) {
  turns.ran(ready);
  co_return;
}
mtaio::Task<void> start_tasks(Turns& turns, Random random) {
  mtaio::TaskExecutor executor;
  while (!turns.end) {
    auto handle = executor.create_task(note_begin(turns, Clock::now()));
    compute_for(std::chrono::microseconds{random() % 50});
    co_await handle;
    co_await executor.gather(mtaio::sleep(0s), note_begin(turns, Clock::now()));
  }
}
mtaio::Task<void> end_after(std::chrono::milliseconds time, Turns& turns) {
  co_await mtaio::sleep(time);
  turns.end = true;
}
mtaio::Task<void> gather_all(std::vector<mtaio::Task<void>> tasks) {
  mtaio::TaskExecutor executor;
  co_await executor.gather(std::move(tasks));
}

}  // namespace

void take_turns(std::uint32_t seed, Totals& totals) {
  Random random{seed};
  const std::size_t threads = 1 + random() % 4;
  constexpr std::size_t kCrowds[] = {0, 10, 250, 256, 300, 5'000};
  const std::size_t crowd = kCrowds[random() % std::size(kCrowds)];
  Turns turns;
  Stamps inside;
  Stamps outside;
  std::vector<mtaio::Task<void>> tasks;
  for (std::size_t i = 0; i < crowd; ++i) tasks.push_back(yield_often(turns));
  for (int i = 0; i < 3; ++i) tasks.push_back(be_woken_by_timers(turns, Random{random()}));
  for (int i = 0; i < 2; ++i) tasks.push_back(compute_now_and_then(turns, Random{random()}));
  for (int i = 0; i < 2; ++i) tasks.push_back(start_tasks(turns, Random{random()}));
  tasks.push_back(get_stamps(turns, inside));
  tasks.push_back(put_stamps(turns, inside, Random{random()}));
  tasks.push_back(get_stamps(turns, outside));
  tasks.push_back(end_after(20ms, turns));

  const test::MachineDelay delay;
  const auto begin = Clock::now();
  {
    const std::jthread putter{put_stamps_from_outside, std::ref(turns), std::ref(outside),
                              Random{random()}};
    mtaio::run(gather_all(std::move(tasks)), {.threads = threads});
  }
  if (planted("late")) turns.ran(begin - 1h);
  // On each worker a turn of all tasks takes about so long; some compute for 0.3 ms of it.
  const auto round_of_all = (Clock::now() - begin) * static_cast<std::int64_t>(crowd + 20) *
                            static_cast<std::int64_t>(threads) /
                            static_cast<std::int64_t>(turns.count + 1);
  const auto allowed = 500ms + 20 * delay.longest() + 20 * round_of_all;
  const std::chrono::nanoseconds longest{turns.longest.load()};
  if (longest > allowed) {
    throw Broken{"something was ready for " + std::to_string(longest / 1ms) + " ms, with " +
                 std::to_string(crowd) + " tasks on " + std::to_string(threads) +
                 " workers, on a machine that was late by " +
                 std::to_string(delay.longest() / 1ms) + " ms"};
  }
  totals.turns += turns.count;
}

}  // namespace soak
