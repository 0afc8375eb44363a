/// Who gets to run when.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <latch>
#include <ranges>
#include <set>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::with_threads;

namespace {

using Clock = std::chrono::steady_clock;

/// Blocks its worker until N others do the same.
mtaio::Task<std::thread::id> meet(std::latch& others) {
  others.arrive_and_wait();
  co_return std::this_thread::get_id();
}

mtaio::Task<void> note_after(mtaio::Timeout time, std::vector<int>& notes, int value) {
  co_await mtaio::sleep(time);
  notes.push_back(value);
}

mtaio::Task<void> ping_pong(mtaio::AsyncQueue<int>& from, mtaio::AsyncQueue<int>& to) {
  for (;;) {
    const int ball = co_await from.get();
    co_await to.put(ball + 1);
  }
}

mtaio::Task<void> yield_for_ever() {
  for (;;) co_await mtaio::sleep(0s);
}

TEST_CASE("Runtime: children of a gather run on as many threads as there are") {
  for (const std::size_t threads : {2U, 3U, 4U}) {
    const auto test = [](std::size_t count) -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      std::latch all_there{static_cast<std::ptrdiff_t>(count)};
      auto tasks = test::many(count, [&](int) { return meet(all_there); });

      const auto ids = co_await executor.gather(std::move(tasks));

      CHECK(std::set(ids.begin(), ids.end()).size() == count);
    };
    for (int round = 0; round < 50; ++round) mtaio::run(test(threads), {.threads = threads});
  }
}

TASK_TEST_CASE("Runtime: created tasks run on as many threads as there are", 3) {
  mtaio::TaskExecutor executor;
  for (int round = 0; round < 50; ++round) {
    std::latch all_there{3};
    auto handles = test::many(3, [&](int) { return executor.create_task(meet(all_there)); });
    std::set<std::thread::id> ids;
    for (auto& handle : handles) ids.insert(co_await handle);
    CHECK(ids.size() == 3);
  }
}

TASK_TEST_CASE("Runtime: with one thread everything runs on the thread that calls run()") {
  mtaio::TaskExecutor executor;
  const auto here = std::this_thread::get_id();
  const auto where = []() -> mtaio::Task<bool> {
    const auto before = std::this_thread::get_id();
    co_await mtaio::sleep(1ms);
    co_return before == std::this_thread::get_id();
  };

  const auto [same, also_same] = co_await executor.gather(where(), where());
  co_await executor.run_in_thread([] {});

  CHECK(same);
  CHECK(also_same);
  CHECK(here == std::this_thread::get_id());
}

TASK_TEST_CASE("Runtime: sleepers wake in the order of their deadlines, and not before") {
  mtaio::TaskExecutor executor;
  std::vector<int> notes;
  const auto start = Clock::now();

  co_await executor.gather(note_after(9ms, notes, 3), note_after(3ms, notes, 1),
                           note_after(6ms, notes, 2), note_after(-1s, notes, 0));

  CHECK(Clock::now() - start >= 9ms);
  CHECK(notes == std::vector{0, 1, 2, 3});
}

TEST_CASE(
    "Runtime: tasks that are always ready starve neither sleepers nor new tasks nor other threads' "
    "wakes") {
  for (const std::size_t threads : {1U, 2U}) {
    CAPTURE(threads);
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor busy;
      mtaio::TaskExecutor executor;
      mtaio::AsyncQueue<int> there;
      mtaio::AsyncQueue<int> back;
      std::vector<mtaio::TaskHandle<void>> handles;
      handles.push_back(busy.create_task(ping_pong(there, back)));
      handles.push_back(busy.create_task(ping_pong(back, there)));
      handles.push_back(busy.create_task(yield_for_ever()));
      co_await there.put(0);
      mtaio::Latch latch{1};
      std::thread opener{[&] { latch.count_down(); }};

      const auto start = Clock::now();
      co_await mtaio::sleep(2ms);
      auto created = executor.create_task(mtaio::internal::as_task(mtaio::sleep(0s)));
      co_await created;
      co_await executor.run_in_thread([] {});
      const bool opened = co_await latch.wait(30s);
      const auto took = Clock::now() - start;
      opener.join();
      co_await busy.cancel_all();

      CHECK(opened);
      CHECK(took < 10s);
    });
  }
}

TASK_TEST_CASE("Runtime: a gather with ever more children starves no task either") {
  mtaio::TaskExecutor executor;
  const auto nothing = [](int) -> mtaio::Task<void> { co_return; };
  const auto for_ever = [](mtaio::TaskExecutor& of, auto function) -> mtaio::Task<void> {
    co_await of.map(function, std::views::iota(0));
  };
  const auto handle = executor.create_task(for_ever(executor, nothing));

  co_await mtaio::sleep(2ms);
  co_await executor.run_in_thread([] {});
  co_await executor.cancel_all();

  CHECK(handle.done());
}

TASK_TEST_CASE("Runtime: the timers of a worker that computes are fired by another one", 2) {
  mtaio::TaskExecutor executor;
  std::atomic<bool> woken{false};
  const auto sleep_and_tell = [](std::atomic<bool>& flag) -> mtaio::Task<void> {
    co_await mtaio::sleep(2ms);
    flag = true;
  };
  const auto compute = [](const std::atomic<bool>& flag) -> mtaio::Task<bool> {
    const auto end = Clock::now() + 30s;
    while (!flag && Clock::now() < end) {
    }
    co_return flag;
  };
  for (int round = 0; round < 20; ++round) {
    woken = false;
    const auto [none, seen] = co_await executor.gather(sleep_and_tell(woken), compute(woken));
    CHECK(seen);
  }
}

TEST_CASE("Runtime: no wake-up from another thread is lost, however the sleep and the wake meet") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    CAPTURE(threads);
    mtaio::AsyncQueue<int> requests;
    mtaio::AsyncQueue<int> answers;
    const auto serve = [](mtaio::AsyncQueue<int>& from,
                          mtaio::AsyncQueue<int>& to) -> mtaio::Task<void> {
      while (const auto request = co_await from.next()) co_await to.put(*request + 1);
    };
    std::thread client{[&] {
      for (int i = 0; i < 3'000; ++i) {
        int request = i;
        requests.try_put(request);
        while (!answers.try_get()) {
          if (i % 2 == 0) std::this_thread::yield();
        }
      }
      requests.shutdown();
    }};
    mtaio::run(serve(requests, answers), {.threads = threads});
    client.join();
    CHECK(answers.empty());
  }
}

TEST_CASE("Runtime: two runtimes talk to each other without losing a wake-up") {
  mtaio::AsyncQueue<int> there;
  mtaio::AsyncQueue<int> back;
  const auto play = [](mtaio::AsyncQueue<int>& from,
                       mtaio::AsyncQueue<int>& to) -> mtaio::Task<int> {
    int ball = 0;
    while (ball < 5'000) {
      ball = co_await from.get();
      co_await to.put(ball + 1);
    }
    co_return ball;
  };
  std::thread other{[&] { CHECK(mtaio::run(play(back, there), {.threads = 2}) >= 5'000); }};
  int first = 0;
  there.try_put(first);
  CHECK(mtaio::run(play(there, back), {.threads = 1}) >= 5'000);
  other.join();
}

}  // namespace
