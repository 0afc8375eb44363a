#include <mtaio/condition.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/mutex.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::Condition;
using mtaio::Mutex;
using mtaio::testing::Simulation;

/// A bounded buffer. Plain, so that ThreadSanitizer sees a missing edge.
struct Shelf {
  static constexpr std::size_t kRoom = 3;

  Mutex mutex;
  Condition filled;
  Condition emptied;
  std::deque<int> items;
};

mtaio::Task<void> put(Shelf& shelf, int items) {
  for (int item = 1; item <= items; ++item) {
    auto guard = co_await shelf.mutex.lock();
    co_await shelf.emptied.wait(guard, [&] { return shelf.items.size() < Shelf::kRoom; });
    shelf.items.push_back(item);
    shelf.filled.notify_one();
  }
}

mtaio::Task<std::size_t> take(Shelf& shelf, int items) {
  std::size_t sum = 0;
  for (int i = 0; i < items; ++i) {
    auto guard = co_await shelf.mutex.lock();
    while (shelf.items.empty()) (void)co_await shelf.filled.wait(guard);
    sum += static_cast<std::size_t>(shelf.items.front());
    shelf.items.pop_front();
    shelf.emptied.notify_one();
  }
  co_return sum;
}

mtaio::Task<void> put_and_take() {
  mtaio::TaskExecutor executor;
  Shelf shelf;
  constexpr int kItems = 1'000;
  std::vector<mtaio::TaskHandle<void>> putting;
  std::vector<mtaio::Task<std::size_t>> taking;
  for (int i = 0; i < 4; ++i) {
    putting.push_back(executor.create_task(put(shelf, kItems)));
    taking.push_back(take(shelf, kItems));
  }
  std::size_t sum = 0;
  for (const std::size_t one : co_await executor.gather(taking)) sum += one;
  for (auto& one : putting) co_await one;
  CHECK(sum == std::size_t{4} * kItems * (kItems + 1) / 2);
  CHECK(shelf.items.empty());
}

TEST_CASE("condition: a bounded buffer loses no notification, with two threads") {
  mtaio::run(put_and_take(), {.threads = 2});
}

struct Waiters {
  Mutex mutex;
  Condition condition;
  int notified = 0;
  int gone = 0;
};

mtaio::Task<void> wait_once(Waiters& waiters, mtaio::Timeout timeout) {
  auto guard = co_await waiters.mutex.lock();
  try {
    waiters.notified += co_await waiters.condition.wait(guard, timeout);
  } catch (const CancelledError&) {
  }
  ++waiters.gone;
}

/// One notification and one stop request, and a waiter whose time runs out, at about the same time.
mtaio::Task<int> notify_and_cancel() {
  mtaio::TaskExecutor executor;
  Waiters waiters;
  auto cancelled = executor.create_task(wait_once(waiters, mtaio::Timeout::forever()));
  auto timed = executor.create_task(wait_once(waiters, 10ms));
  auto other = executor.create_task(wait_once(waiters, mtaio::Timeout::forever()));
  co_await mtaio::sleep(5ms);
  const auto stop = [](mtaio::TaskHandle<void>& task) -> mtaio::Task<void> {
    co_await mtaio::sleep(5ms - 1ns);
    task.request_stop();
  };
  const auto notify = [](Waiters& of) -> mtaio::Task<void> {
    co_await mtaio::sleep(5ms - 1ns);
    of.condition.notify_one();
  };
  co_await executor.gather(stop(cancelled), notify(waiters));
  co_await mtaio::sleep(20ms);
  CHECK(waiters.notified == 1);
  const int gone = waiters.gone;
  waiters.condition.notify_all();
  co_await executor.gather(cancelled, timed, other);
  CHECK(waiters.gone == 3);
  CHECK(waiters.mutex.try_lock());
  co_return gone;
}

TEST_CASE(
    "condition: a notification beside a stop request and a timeout reaches exactly one waiter") {
  std::vector<int> how_often(4);
  for (int seed = 1; seed <= 300; ++seed) {
    Simulation simulation{{.seed = static_cast<std::uint64_t>(seed)}};
    ++how_often[static_cast<std::size_t>(simulation.run(notify_and_cancel()))];
  }
  // All three have gone on if the notification went to the third, otherwise two.
  CHECK(how_often[2] > 0);
  CHECK(how_often[3] > 0);
}

mtaio::Task<void> wait_and_destroy(std::unique_ptr<Condition> condition, Mutex& mutex) {
  auto guard = co_await mutex.lock();
  (void)co_await condition->wait(guard);
  condition.reset();
}

mtaio::Task<void> wait_and_notify(std::unique_ptr<Condition> owned, std::thread& notifier) {
  mtaio::TaskExecutor executor;
  Mutex mutex;
  Condition& condition = *owned;
  auto waiting = executor.create_task(wait_and_destroy(std::move(owned), mutex));
  co_await test::let_others_run();
  notifier = std::thread{[&condition] { condition.notify_one(); }};
  co_await waiting;
}

TEST_CASE("condition: a notified task may destroy it while the notification is still returning") {
  for (int round = 0; round < 500; ++round) {
    std::thread notifier;
    mtaio::run(wait_and_notify(std::make_unique<Condition>(), notifier), {.threads = 1});
    notifier.join();
  }
}

}  // namespace
