#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <latch>
#include <memory>
#include <ranges>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

mtaio::Task<void> call(mtaio::TaskExecutor& executor, auto function) {
  co_await executor.run_in_thread(function);
}

TEST_CASE("ThreadPool: less than one worker is an invalid_argument") {
  CHECK_THROWS_AS(mtaio::ThreadPool{0}, std::invalid_argument);
  CHECK(mtaio::ThreadPool{3}.max_workers() == 3);
}

TASK_TEST_CASE("ThreadPool: grows to its maximum and not beyond; further functions queue") {
  mtaio::ThreadPool pool{3};
  mtaio::TaskExecutor executor{pool};
  std::latch three_there{3};
  std::atomic<int> running{0};
  std::atomic<bool> too_many{false};
  const auto work = [&](int number) {
    if (++running > 3) too_many = true;
    if (number < 3) three_there.arrive_and_wait();
    std::this_thread::yield();
    --running;
  };

  co_await executor.map(work, std::views::iota(0, 200));

  CHECK_FALSE(too_many);
}

TASK_TEST_CASE("ThreadPool: an idle thread is used again, no new one is started") {
  mtaio::ThreadPool pool{8};
  mtaio::TaskExecutor executor{pool};
  std::set<std::thread::id> ids;
  for (int i = 0; i < 50; ++i) {
    ids.insert(co_await executor.run_in_thread(std::this_thread::get_id));
    co_await mtaio::sleep(100us);  // the thread has to get from its function to its queue
  }
  CHECK(ids.size() < 8);
}

TASK_TEST_CASE("ThreadPool: all idle threads come when each function waits for the others") {
  constexpr int kThreads = 6;
  mtaio::ThreadPool pool{kThreads};
  mtaio::TaskExecutor executor{pool};
  for (int round = 0; round < 50; ++round) {
    std::latch all_there{kThreads};
    const auto meet = [&](int) { all_there.arrive_and_wait(); };

    co_await executor.map(meet, std::views::iota(0, kThreads));

    if (round % 2 == 0) co_await mtaio::sleep(1ms);  // so that they are idle
  }
}

TASK_TEST_CASE("ThreadPool: functions that queue run first come, first served") {
  mtaio::ThreadPool pool{1};
  mtaio::TaskExecutor executor{pool};
  std::vector<int> notes;
  const auto note = [&](int number) { notes.push_back(number); };

  co_await executor.map(note, std::views::iota(0, 100));

  CHECK(notes.size() == 100);
  CHECK(std::ranges::is_sorted(notes));
}

TEST_CASE(
    "ThreadPool: a destroyed executor leaves the pool alone; several executors and runtimes share "
    "it") {
  mtaio::ThreadPool pool{2};
  const auto use = [](mtaio::ThreadPool& shared, int value) -> mtaio::Task<int> {
    int sum = 0;
    for (int i = 0; i < 50; ++i) {
      mtaio::TaskExecutor executor{shared};
      sum += co_await executor.run_in_thread([](int number) { return number; }, value);
    }
    co_return sum;
  };
  int other_sum = 0;
  std::thread other{[&] { other_sum = mtaio::run(use(pool, 2), {.threads = 2}); }};
  const int sum = mtaio::run(use(pool, 1), {.threads = 1});
  other.join();
  CHECK(sum == 50);
  CHECK(other_sum == 100);
}

TEST_CASE("ThreadPool: the destructor waits for the functions that run and are queued") {
  auto pool = std::make_unique<mtaio::ThreadPool>(1);
  std::latch running{1};
  std::atomic<int> ran{0};
  const auto work = [&] {
    if (++ran == 1) {
      running.count_down();
      std::this_thread::sleep_for(5ms);
    }
  };
  const auto main = [](mtaio::ThreadPool& own, auto function) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor{own};
    co_await executor.gather(call(executor, function), call(executor, function),
                             call(executor, function));
  };
  std::thread caller{[&] { mtaio::run(main(*pool, work), {.threads = 1}); }};
  running.wait();

  pool.reset();

  CHECK(ran >= 1);
  caller.join();
  CHECK(ran == 3);
}

TASK_TEST_CASE(
    "ThreadPool: destroyed by a task lets that worker continue meanwhile, with one thread too") {
  auto pool = std::make_unique<mtaio::ThreadPool>(1);
  mtaio::TaskExecutor executor{*pool};
  mtaio::TaskExecutor others;
  std::latch running{1};
  std::latch go_on{1};
  const auto block = [&] {
    running.count_down();
    go_on.wait();
  };
  const auto release = [](std::latch& latch) -> mtaio::Task<void> {
    co_await mtaio::sleep(0s);
    latch.count_down();
  };
  auto blocked = executor.create_task(call(executor, block));
  co_await mtaio::sleep(0s);
  running.wait();
  auto releasing = others.create_task(release(go_on));

  pool.reset();

  co_await blocked;
  co_await releasing;
}

TASK_TEST_CASE(
    "ThreadPool: a function may use the pool that it runs in, as long as there is a thread left") {
  mtaio::ThreadPool pool{2};
  mtaio::TaskExecutor executor{pool};
  const auto nested = [&pool] {
    const auto inner = [](mtaio::ThreadPool& of) -> mtaio::Task<int> {
      mtaio::TaskExecutor own{of};
      co_return co_await own.run_in_thread([] { return 5; });
    };
    return mtaio::run(inner(pool), {.threads = 1});
  };
  const int result = co_await executor.run_in_thread(nested);
  CHECK(result == 5);
}

TEST_CASE("ThreadPool: hundreds are created, used by several threads and destroyed") {
  for (int round = 0; round < 300; ++round) {
    std::atomic<int> ran{0};
    {
      mtaio::ThreadPool pool{3};
      const auto main = [](mtaio::ThreadPool& own, std::atomic<int>& count) -> mtaio::Task<void> {
        mtaio::TaskExecutor executor{own};
        const auto work = [&count](int) { ++count; };
        co_await executor.map(work, std::views::iota(0, 10), {.limit = 5});
      };
      mtaio::run(main(pool, ran), {.threads = 2});
    }
    REQUIRE(ran == 10);
  }
}

TASK_TEST_CASE("ThreadPool: the runtime's own is there for every executor that was given none") {
  mtaio::TaskExecutor first;
  mtaio::TaskExecutor second;
  std::latch both{2};
  const auto meet = [&both] { both.arrive_and_wait(); };
  co_await first.gather(call(first, meet), call(second, meet));
}

mtaio::Task<int> call_in(mtaio::ThreadPool& pool, int (*function)()) {
  mtaio::TaskExecutor executor{pool};
  co_return co_await executor.run_in_thread(function);
}
int call_deeper(mtaio::ThreadPool& pool, int depth) {
  if (depth == 0) return 0;
  mtaio::TaskExecutor executor{pool};
  return 1 + mtaio::run(executor.run_in_thread(&call_deeper, std::ref(pool), depth - 1),
                        {.threads = 1});
}

TEST_CASE("thread pool: functions that wait for functions of the same full pool get a thread") {
  mtaio::ThreadPool pool{1};
  const auto outer = [&pool] {
    return mtaio::run(call_in(pool, [] { return 3; }), {.threads = 2});
  };
  mtaio::TaskExecutor executor{pool};
  CHECK(mtaio::run(executor.run_in_thread(outer), {.threads = 1}) == 3);
  CHECK(mtaio::run(executor.run_in_thread(&call_deeper, std::ref(pool), 50), {.threads = 1}) == 50);
}

TEST_CASE(
    "thread pool: after a function has waited, the pool runs no more functions concurrently than "
    "before") {
  mtaio::ThreadPool pool{2};
  mtaio::TaskExecutor executor{pool};
  const auto nest = [&pool](int) {
    return mtaio::run(call_in(pool, [] { return 1; }), {.threads = 1});
  };
  mtaio::run(executor.map(nest, std::views::iota(0, 40), {.limit = 8}));
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  const auto count = [&](int) {
    most = std::max(most.load(), ++running);
    std::this_thread::sleep_for(1ms);
    --running;
  };
  mtaio::run(executor.map(count, std::views::iota(0, 40), {.limit = 8}));
  CHECK(most <= 2);
}

TEST_CASE("thread pool: more workers than there can be threads are refused") {
  CHECK_THROWS_AS(mtaio::ThreadPool{static_cast<std::size_t>(-1)}, std::invalid_argument);
  CHECK_THROWS_AS(mtaio::ThreadPool{(std::size_t{1} << 22U) + 1}, std::invalid_argument);
}

}  // namespace
