#include <mtaio/event.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::Event;
using mtaio::testing::Simulation;
using test::let_others_run;

mtaio::Task<bool> wait_for(Event& event, mtaio::Timeout timeout = mtaio::Timeout::forever()) {
  co_return co_await event.wait(timeout);
}

TASK_TEST_CASE("event: is not set at first, unless it is made so") {
  Event event;
  CHECK_FALSE(event.is_set());
  CHECK_FALSE(co_await event.wait(0s));
  Event set{true};
  CHECK(set.is_set());
  CHECK(co_await set.wait());
  CHECK(co_await set.wait(0s));
}

TASK_TEST_CASE("event: wait() returns true when the event is set, and not before") {
  mtaio::TaskExecutor executor;
  Event event;
  auto waiting = executor.create_task(wait_for(event));
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  event.set();
  CHECK(event.is_set());
  CHECK_FALSE(waiting.done());  // not inside the call
  CHECK(co_await waiting);
  CHECK(co_await event.wait());  // stays set
}

TASK_TEST_CASE("event: after clear() tasks wait again") {
  mtaio::TaskExecutor executor;
  Event event{true};
  event.clear();
  CHECK_FALSE(event.is_set());
  auto waiting = executor.create_task(wait_for(event));
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  event.set();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("event: set() lets through all that wait, also if the event is cleared at once") {
  mtaio::TaskExecutor executor;
  Event event;
  auto one = executor.create_task(wait_for(event));
  auto two = executor.create_task(wait_for(event));
  co_await let_others_run();
  event.set();
  event.clear();
  auto late = executor.create_task(wait_for(event));
  CHECK(co_await one);
  CHECK(co_await two);
  co_await let_others_run();
  CHECK_FALSE(late.done());
  event.set();
  CHECK(co_await late);
}

mtaio::Task<void> note_when_set(Event& event, char name, std::string& order) {
  co_await event.wait();
  order += name;
}

TASK_TEST_CASE("event: lets waiters through in the order in which they came") {
  mtaio::TaskExecutor executor;
  Event event;
  std::string order;
  std::vector<mtaio::TaskHandle<void>> waiting;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    waiting.push_back(executor.create_task(note_when_set(event, name, order)));
    co_await let_others_run();
  }
  event.set();
  CHECK(order.empty());
  for (auto& one : waiting) co_await one;
  CHECK(order == "abcd");
}

TASK_TEST_CASE("event: a wait does nothing before it is awaited, and may be awaited again") {
  Event event;
  auto wait = event.wait();
  event.set();
  CHECK(co_await wait);
  CHECK(co_await wait);
}

TASK_TEST_CASE("event: a cancelled wait throws CancelledError, and the event stays as it is") {
  mtaio::TaskExecutor executor;
  Event event;
  auto cancelled = executor.create_task(wait_for(event));
  auto timed = executor.create_task(wait_for(event, 1h));
  auto other = executor.create_task(wait_for(event));
  co_await let_others_run();
  cancelled.request_stop();
  timed.request_stop();
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  CHECK_THROWS_AS((void)co_await timed, CancelledError);
  CHECK_FALSE(event.is_set());
  event.set();
  CHECK(co_await other);
}

TASK_TEST_CASE("event: a waiter that was let through before it is cancelled gets true") {
  mtaio::TaskExecutor executor;
  Event event;
  auto waiting = executor.create_task(wait_for(event));
  co_await let_others_run();
  event.set();
  waiting.request_stop();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("event: a timed wait gives false when the time has run out, and not before") {
  Event event;
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(co_await event.wait(3ms));
  CHECK(std::chrono::steady_clock::now() - start >= 3ms);
}

TASK_TEST_CASE("event: run(wait(), {.timeout}) throws TimeoutError when the time runs out") {
  mtaio::TaskExecutor executor;
  Event event;
  CHECK_THROWS_AS((void)co_await executor.run(event.wait(), {.timeout = 1ms}), mtaio::TimeoutError);
  event.set();
  CHECK(co_await executor.run(event.wait(), {.timeout = 1ms}));
}

mtaio::Task<void> set_after(Event& event, mtaio::Timeout delay) {
  co_await mtaio::sleep(delay);
  event.set();
}
mtaio::Task<bool> race(mtaio::Timeout is_set, mtaio::Timeout gives_up) {
  mtaio::TaskExecutor executor;
  Event event;
  auto setting = executor.create_task(set_after(event, is_set));
  const bool in_time = co_await event.wait(gives_up);
  co_await setting;
  co_return in_time;
}

TEST_CASE("event: set just before the timeout is true, just after it false") {
  CHECK(Simulation{}.run(race(10ms, 10ms + 1ns)));
  CHECK_FALSE(Simulation{}.run(race(10ms + 1ns, 10ms)));
}

TEST_CASE("event: set at the last moment, it is true or false, in any order of events") {
  int in_time = 0;
  constexpr int kSeeds = 300;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    in_time += Simulation{{.seed = static_cast<std::uint64_t>(seed)}}.run(race(10ms - 1ns, 10ms));
  }
  CHECK(in_time > 0);
  CHECK(in_time < kSeeds);
}

mtaio::Task<int> read_when_set(Event& event, const int& data) {
  co_await event.wait();
  co_return data;
}

TEST_CASE("event: writes before set() are visible to the waiter, and to a thread that looks") {
  for (int round = 0; round < 200; ++round) {
    Event event;
    int data = 0;  // plain, so that ThreadSanitizer sees a missing edge
    std::thread setter{[&] {
      data = 42;
      event.set();
    }};
    std::thread looker{[&] {
      while (!event.is_set()) std::this_thread::yield();
      CHECK(data == 42);
    }};
    CHECK(mtaio::run(read_when_set(event, data), {.threads = 1}) == 42);
    setter.join();
    looker.join();
  }
}

mtaio::Task<void> wait_and_destroy(std::unique_ptr<Event> event) {
  co_await event->wait();
  event.reset();
}

TEST_CASE("event: a waiter let through may destroy it while set() is still returning") {
  for (int round = 0; round < 1000; ++round) {
    auto owned = std::make_unique<Event>();
    std::thread setter{[event = owned.get()] { event->set(); }};
    mtaio::run(wait_and_destroy(std::move(owned)), {.threads = 1});
    setter.join();
  }
}

/// Each waits for the other's event, and clears its own.
mtaio::Task<void> play(Event& mine, Event& other, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    co_await mine.wait();
    mine.clear();
    other.set();
  }
}
mtaio::Task<void> ping_pong(int rounds) {
  mtaio::TaskExecutor executor;
  Event ping{true};
  Event pong;
  co_await executor.gather(play(ping, pong, rounds), play(pong, ping, rounds));
  CHECK(ping.is_set());
  CHECK_FALSE(pong.is_set());
}

TEST_CASE("event: two tasks that set and clear two events in turn lose no set()") {
  mtaio::run(ping_pong(5'000), {.threads = 2});
}

}  // namespace
