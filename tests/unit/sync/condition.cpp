#include <mtaio/condition.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/mutex.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::Condition;
using mtaio::Mutex;
using mtaio::Timeout;
using test::let_others_run;

/// What the tasks of a test share.
struct Shared {
  Mutex mutex;
  Condition changed;
  int value = 0;
  std::string order;
};

/// Waits once, and notes its name while it holds the mutex; in lower case if it was not notified.
mtaio::Task<bool> wait_once(Shared& shared, char name = 'A', Timeout timeout = Timeout::forever()) {
  auto guard = co_await shared.mutex.lock();
  try {
    const bool notified = co_await shared.changed.wait(guard, timeout);
    CHECK(guard.owns_lock());
    CHECK_FALSE(shared.mutex.try_lock());
    shared.order += static_cast<char>(notified ? name : name + ('a' - 'A'));
    co_return notified;
  } catch (const CancelledError&) {
    CHECK(guard.owns_lock());
    CHECK_FALSE(shared.mutex.try_lock());
    shared.order += 'x';
    throw;
  }
}

TASK_TEST_CASE("condition: a task that waits does not hold the mutex, and holds it afterwards") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto waiting = executor.create_task(wait_once(shared));
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  CHECK(shared.mutex.try_lock());
  shared.changed.notify_one();
  CHECK(shared.order.empty());  // not inside the call
  CHECK(co_await waiting);
  CHECK(shared.order == "A");
  CHECK(shared.mutex.try_lock());
}

TASK_TEST_CASE("condition: notify_one() lets the first waiter through, in order of arrival") {
  mtaio::TaskExecutor executor;
  Shared shared;
  std::vector<mtaio::TaskHandle<bool>> waiting;
  for (const char name : {'A', 'B', 'C'}) {
    waiting.push_back(executor.create_task(wait_once(shared, name)));
    co_await let_others_run();
  }
  shared.changed.notify_one();
  co_await let_others_run();
  CHECK(shared.order == "A");
  shared.changed.notify_one();
  shared.changed.notify_one();
  for (auto& one : waiting) CHECK(co_await one);
  CHECK(shared.order == "ABC");
}

TASK_TEST_CASE("condition: notify_all() lets all through, one after the other") {
  mtaio::TaskExecutor executor;
  Shared shared;
  std::vector<mtaio::TaskHandle<bool>> waiting;
  for (const char name : {'A', 'B', 'C'}) {
    waiting.push_back(executor.create_task(wait_once(shared, name)));
    co_await let_others_run();
  }
  shared.changed.notify_all();
  for (auto& one : waiting) CHECK(co_await one);
  CHECK(shared.order == "ABC");
}

TASK_TEST_CASE("condition: a notification while no task waits is not kept") {
  mtaio::TaskExecutor executor;
  Shared shared;
  shared.changed.notify_one();
  shared.changed.notify_all();
  auto waiting = executor.create_task(wait_once(shared));
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  shared.changed.notify_one();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("condition: a task that is notified resumes when the mutex is unlocked") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto waiting = executor.create_task(wait_once(shared));
  co_await let_others_run();
  auto guard = co_await shared.mutex.lock();
  shared.changed.notify_one();
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  guard.unlock();
  CHECK_FALSE(shared.mutex.try_lock());  // it was handed over
  CHECK(co_await waiting);
}

TASK_TEST_CASE("condition: a notified task gets the mutex before tasks that come later") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto waiting = executor.create_task(wait_once(shared));
  co_await let_others_run();
  auto guard = co_await shared.mutex.lock();
  shared.changed.notify_one();
  const auto note = [](Shared& in) -> mtaio::Task<void> {
    const auto held = co_await in.mutex.lock();
    in.order += 'L';
  };
  auto later = executor.create_task(note(shared));
  co_await let_others_run();
  guard.unlock();
  co_await later;
  CHECK(co_await waiting);
  CHECK(shared.order == "AL");
}

TASK_TEST_CASE("condition: a cancelled wait throws CancelledError, holding the mutex") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto cancelled = executor.create_task(wait_once(shared));
  auto timed = executor.create_task(wait_once(shared, 'B', 1h));
  co_await let_others_run();
  cancelled.request_stop();
  timed.request_stop();
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  CHECK_THROWS_AS((void)co_await timed, CancelledError);
  CHECK(shared.order == "xx");
  CHECK(shared.mutex.try_lock());
}

TASK_TEST_CASE("condition: a cancelled wait waits for the mutex") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto cancelled = executor.create_task(wait_once(shared));
  co_await let_others_run();
  auto guard = co_await shared.mutex.lock();
  cancelled.request_stop();
  co_await let_others_run();
  CHECK_FALSE(cancelled.done());
  guard.unlock();
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  CHECK(shared.order == "x");
}

TASK_TEST_CASE(
    "condition: a waiter that is cancelled before the notification leaves it to the next") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto cancelled = executor.create_task(wait_once(shared, 'A'));
  auto next = executor.create_task(wait_once(shared, 'B'));
  co_await let_others_run();
  cancelled.request_stop();
  shared.changed.notify_one();  // before the cancelled task has resumed
  CHECK(co_await next);
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
}

TASK_TEST_CASE("condition: a waiter that was notified before it is cancelled returns true") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto waiting = executor.create_task(wait_once(shared, 'A'));
  auto next = executor.create_task(wait_once(shared, 'B'));
  co_await let_others_run();
  auto guard = co_await shared.mutex.lock();
  shared.changed.notify_one();
  waiting.request_stop();
  co_await let_others_run();
  guard.unlock();
  CHECK(co_await waiting);
  CHECK_FALSE(next.done());
  shared.changed.notify_one();
  CHECK(co_await next);
}

TASK_TEST_CASE("condition: a wait after a stop request throws, and the mutex stays locked") {
  mtaio::TaskExecutor executor;
  Shared shared;
  const auto wait_when_stopped = [](Shared& in) -> mtaio::Task<void> {
    auto guard = co_await in.mutex.lock();
    try {
      co_await mtaio::sleep(1h);
    } catch (const CancelledError&) {
    }
    bool cancelled = false;
    try {
      (void)co_await in.changed.wait(guard);
    } catch (const CancelledError&) {
      cancelled = true;
    }
    CHECK(cancelled);
    CHECK_FALSE(in.mutex.try_lock());
    CHECK_FALSE(co_await in.changed.wait(guard, 0s));
  };
  auto task = executor.create_task(wait_when_stopped(shared));
  co_await let_others_run();
  task.request_stop();
  co_await task;
  CHECK(shared.mutex.try_lock());
}

TASK_TEST_CASE("condition: a timed wait gives false when the time has run out, holding the mutex") {
  Shared shared;
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(co_await wait_once(shared, 'A', 3ms));
  CHECK(std::chrono::steady_clock::now() - start >= 3ms);
  CHECK(shared.order == "a");
  CHECK(shared.mutex.try_lock());
}

TASK_TEST_CASE("condition: a timed wait is true when it is notified in time") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto waiting = executor.create_task(wait_once(shared, 'A', 1h));
  co_await let_others_run();
  shared.changed.notify_one();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("condition: wait(guard, 0s) is false and does not unlock the mutex") {
  Shared shared;
  auto guard = co_await shared.mutex.lock();
  CHECK_FALSE(co_await shared.changed.wait(guard, 0s));
  CHECK_FALSE(co_await shared.changed.wait(guard, -1h));
  CHECK_FALSE(shared.mutex.try_lock());
}

TASK_TEST_CASE("condition: run(wait(guard), {.timeout}) throws TimeoutError, holding the mutex") {
  mtaio::TaskExecutor executor;
  Shared shared;
  auto guard = co_await shared.mutex.lock();
  CHECK_THROWS_AS((void)co_await executor.run(shared.changed.wait(guard), {.timeout = 1ms}),
                  mtaio::TimeoutError);
  CHECK(guard.owns_lock());
  CHECK_FALSE(shared.mutex.try_lock());
}

mtaio::Task<void> wait_for_value(Shared& shared, int value) {
  auto guard = co_await shared.mutex.lock();
  co_await shared.changed.wait(guard, [&] { return shared.value >= value; });
  CHECK(shared.value >= value);
  CHECK_FALSE(shared.mutex.try_lock());
}

TASK_TEST_CASE("condition: with a predicate it waits until the predicate holds") {
  mtaio::TaskExecutor executor;
  Shared shared;
  co_await wait_for_value(shared, 0);  // without waiting
  auto waiting = executor.create_task(wait_for_value(shared, 3));
  for (int value = 1; value <= 3; ++value) {
    co_await let_others_run();
    CHECK_FALSE(waiting.done());
    const auto guard = co_await shared.mutex.lock();
    shared.value = value;
    shared.changed.notify_all();
  }
  co_await waiting;
  CHECK(shared.mutex.try_lock());
}

mtaio::Task<bool> wait_for_value(Shared& shared, int value, Timeout timeout) {
  auto guard = co_await shared.mutex.lock();
  co_return co_await shared.changed.wait(guard, [&] { return shared.value >= value; }, timeout);
}

TASK_TEST_CASE("condition: with a predicate and a timeout it gives what the predicate gave last") {
  mtaio::TaskExecutor executor;
  Shared shared;
  CHECK(co_await wait_for_value(shared, 0, 0s));
  CHECK_FALSE(co_await wait_for_value(shared, 1, 0s));
  auto too_late = executor.create_task(wait_for_value(shared, 1, 5ms));
  auto in_time = executor.create_task(wait_for_value(shared, 1, 1h));
  auto forever = executor.create_task(wait_for_value(shared, 1, std::chrono::hours::max()));
  co_await let_others_run();
  shared.changed.notify_all();  // for nothing: the time goes on
  CHECK_FALSE(co_await too_late);
  shared.value = 1;
  shared.changed.notify_all();
  CHECK(co_await in_time);
  CHECK(co_await forever);
}

TASK_TEST_CASE("condition: an exception of the predicate leaves the mutex locked") {
  Shared shared;
  auto guard = co_await shared.mutex.lock();
  const auto fails = []() -> bool { throw std::runtime_error{"it fails"}; };
  CHECK_THROWS_AS(co_await shared.changed.wait(guard, fails), std::runtime_error);
  CHECK_FALSE(shared.mutex.try_lock());
}

TASK_TEST_CASE("condition: tasks may wait with different mutexes") {
  mtaio::TaskExecutor executor;
  Mutex one;
  Mutex two;
  Condition condition;
  const auto wait_with = [](Mutex& mutex, Condition& on) -> mtaio::Task<void> {
    auto guard = co_await mutex.lock();
    co_await on.wait(guard);
    CHECK_FALSE(mutex.try_lock());
  };
  auto first = executor.create_task(wait_with(one, condition));
  auto second = executor.create_task(wait_with(two, condition));
  co_await let_others_run();
  auto guard = co_await one.lock();
  condition.notify_all();
  co_await second;
  CHECK_FALSE(first.done());
  guard.unlock();
  co_await first;
}

TASK_TEST_CASE("condition: waiting without the mutex is std::logic_error") {
  Shared shared;
  auto guard = co_await shared.mutex.lock();
  guard.unlock();
  CHECK_THROWS_AS((void)co_await shared.changed.wait(guard), std::logic_error);
  CHECK_THROWS_AS((void)co_await shared.changed.wait(guard, 1h), std::logic_error);
}

}  // namespace
