#include <mtaio/semaphore.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::CancelledError;
using mtaio::Semaphore;
using test::let_others_run;

using Permit = Semaphore::Permit;

mtaio::Task<Permit> acquire(Semaphore& semaphore, std::ptrdiff_t k = 1) {
  co_return co_await semaphore.acquire(k);
}

/// Acquires `k` permits, notes its name, and releases them.
mtaio::Task<void> note(Semaphore& semaphore, std::ptrdiff_t k, char name, std::string& order) {
  const auto permit = co_await semaphore.acquire(k);
  order += name;
}

TASK_TEST_CASE("semaphore: gives as many permits as its limit says, and then none") {
  Semaphore semaphore{2};
  CHECK(semaphore.limit() == 2);
  const auto one = co_await semaphore.acquire();
  CHECK(semaphore.available() == 1);
  const auto two = co_await semaphore.acquire();
  CHECK(semaphore.available() == 0);
  CHECK_FALSE(semaphore.try_acquire());
}

TASK_TEST_CASE("semaphore: acquire() waits until a permit is released, and not longer") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto first = co_await semaphore.acquire();
  auto waiting = executor.create_task(acquire(semaphore));
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  first.release();
  CHECK_FALSE(waiting.done());  // not inside the call
  const auto second = co_await waiting;
  CHECK(second.weight() == 1);
  CHECK(semaphore.available() == 0);
}

TASK_TEST_CASE("semaphore: a permit is released when it goes") {
  Semaphore semaphore{1};
  {
    const auto permit = co_await semaphore.acquire();
    CHECK(semaphore.available() == 0);
  }
  CHECK(semaphore.available() == 1);
}

TASK_TEST_CASE("semaphore: release() releases once") {
  Semaphore semaphore{3};
  auto permit = co_await semaphore.acquire(2);
  CHECK(permit.weight() == 2);
  permit.release();
  CHECK(permit.weight() == 0);
  CHECK(semaphore.available() == 3);
  permit.release();
  CHECK(semaphore.available() == 3);
}

TASK_TEST_CASE("semaphore: a permit that is moved is released by its new owner only") {
  Semaphore semaphore{5};
  auto two = co_await semaphore.acquire(2);
  auto three = co_await semaphore.acquire(3);
  Permit moved{std::move(two)};
  CHECK(two.weight() == 0);  // NOLINT(bugprone-use-after-move)
  CHECK(moved.weight() == 2);
  moved = std::move(three);  // releases the two
  CHECK(semaphore.available() == 2);
  CHECK(moved.weight() == 3);
  three.release();  // NOLINT(bugprone-use-after-move)
  CHECK(semaphore.available() == 2);
  moved.release();
  CHECK(semaphore.available() == 5);
}

TASK_TEST_CASE("semaphore: a permit that is moved to itself stays what it is") {
  Semaphore semaphore{2};
  auto permit = co_await semaphore.acquire(2);
  Permit& same = permit;
  permit = std::move(same);
  CHECK(permit.weight() == 2);
  CHECK(semaphore.available() == 0);
}

TASK_TEST_CASE("semaphore: try_acquire() gives permits that are free") {
  Semaphore semaphore{3};
  if (auto permit = semaphore.try_acquire()) {
    CHECK(permit->weight() == 1);
    CHECK(semaphore.available() == 2);
    CHECK_FALSE(semaphore.try_acquire(3));
    CHECK(semaphore.available() == 2);
  } else {
    FAIL("there was one");
  }
  CHECK(semaphore.try_acquire(3));
  CHECK(semaphore.available() == 3);
  co_return;
}

TASK_TEST_CASE(
    "semaphore: an operation does nothing before it is awaited, and may be awaited again") {
  Semaphore semaphore{2};
  const auto operation = semaphore.acquire();
  CHECK(semaphore.available() == 2);
  const auto one = co_await operation;
  const auto two = co_await operation;
  CHECK(semaphore.available() == 0);
}

TASK_TEST_CASE("semaphore: first come, first served") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  std::string order;
  auto permit = co_await semaphore.acquire();
  std::vector<mtaio::TaskHandle<void>> waiting;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    waiting.push_back(executor.create_task(note(semaphore, 1, name, order)));
    co_await let_others_run();
  }
  permit.release();
  CHECK(order.empty());
  for (auto& one : waiting) co_await one;
  CHECK(order == "abcd");
}

TASK_TEST_CASE(
    "semaphore: permits that are released are handed over, and no later task takes them") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto permit = co_await semaphore.acquire();
  auto waiting = executor.create_task(acquire(semaphore));
  co_await let_others_run();
  permit.release();
  CHECK(semaphore.available() == 0);
  CHECK_FALSE(semaphore.try_acquire());
  CHECK_FALSE(co_await semaphore.acquire(1, 0s));
  (void)co_await waiting;
}

TASK_TEST_CASE("semaphore: a large request is not overtaken by small ones behind it") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{3};
  std::string order;
  auto one = co_await semaphore.acquire();
  auto large = executor.create_task(note(semaphore, 3, 'L', order));
  co_await let_others_run();
  auto small = executor.create_task(note(semaphore, 1, 's', order));
  co_await let_others_run();
  CHECK(order.empty());
  CHECK(semaphore.available() == 2);
  CHECK_FALSE(semaphore.try_acquire());
  one.release();
  co_await large;
  co_await small;
  CHECK(order == "Ls");
}

TASK_TEST_CASE("semaphore: a release serves all waiters that its permits suffice for") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{5};
  auto five = co_await semaphore.acquire(5);
  auto two = executor.create_task(acquire(semaphore, 2));
  auto one = executor.create_task(acquire(semaphore, 1));
  auto four = executor.create_task(acquire(semaphore, 4));
  co_await let_others_run();
  five.release();
  co_await let_others_run();
  CHECK(two.done());
  CHECK(one.done());
  CHECK_FALSE(four.done());
  CHECK(semaphore.available() == 2);
  (co_await two).release();
  CHECK((co_await four).weight() == 4);
  (co_await one).release();
}

TASK_TEST_CASE("semaphore: a cancelled acquire() throws CancelledError and takes nothing") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto permit = co_await semaphore.acquire();
  auto cancelled = executor.create_task(acquire(semaphore));
  auto next = executor.create_task(acquire(semaphore));
  co_await let_others_run();
  cancelled.request_stop();
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
  permit.release();
  CHECK((co_await next).weight() == 1);
}

TASK_TEST_CASE(
    "semaphore: a task that was asked to stop gets no permit, but for one that is free") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  const auto after_the_request = [](Semaphore& from) -> mtaio::Task<bool> {
    try {
      co_await mtaio::sleep(1h);
    } catch (const CancelledError&) {
    }
    const auto free = co_await from.acquire();
    bool waited = true;
    try {
      (void)co_await from.acquire();
    } catch (const CancelledError&) {
      waited = false;
    }
    co_return waited;
  };
  auto task = executor.create_task(after_the_request(semaphore));
  co_await let_others_run();
  task.request_stop();
  CHECK_FALSE(co_await task);
  CHECK(semaphore.available() == 1);
}

TASK_TEST_CASE("semaphore: a waiter that was served before it is cancelled has its permit") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto permit = co_await semaphore.acquire();
  auto waiting = executor.create_task(acquire(semaphore));
  co_await let_others_run();
  permit.release();
  waiting.request_stop();
  CHECK((co_await waiting).weight() == 1);
}

TASK_TEST_CASE("semaphore: a waiter that was cancelled before the release is passed over") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto permit = co_await semaphore.acquire();
  auto cancelled = executor.create_task(acquire(semaphore));
  auto next = executor.create_task(acquire(semaphore));
  co_await let_others_run();
  cancelled.request_stop();
  permit.release();  // before the cancelled task has resumed
  CHECK((co_await next).weight() == 1);
  CHECK_THROWS_AS((void)co_await cancelled, CancelledError);
}

TASK_TEST_CASE("semaphore: when a large request gives up, the small ones behind it are served") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{3};
  auto one = co_await semaphore.acquire();
  auto large = executor.create_task(acquire(semaphore, 3));
  auto small = executor.create_task(acquire(semaphore, 2));
  co_await let_others_run();
  CHECK_FALSE(small.done());
  large.request_stop();
  CHECK((co_await small).weight() == 2);
  CHECK_THROWS_AS((void)co_await large, CancelledError);
}

TASK_TEST_CASE("semaphore: permits that a waiter has just given up may be taken immediately") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{3};
  auto one = co_await semaphore.acquire();
  auto large = executor.create_task(acquire(semaphore, 3));
  co_await let_others_run();
  large.request_stop();
  CHECK(semaphore.try_acquire(2));  // before the cancelled task has resumed
  CHECK_THROWS_AS((void)co_await large, CancelledError);
  CHECK(semaphore.available() == 2);
}

TASK_TEST_CASE(
    "semaphore: a timed acquire() gives nothing when the time has run out, and not before") {
  Semaphore semaphore{1};
  const auto permit = co_await semaphore.acquire();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(co_await semaphore.acquire(1, 3ms));
  CHECK(std::chrono::steady_clock::now() - start >= 3ms);
}

TASK_TEST_CASE("semaphore: a timed acquire() gives a permit that is released in time") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto permit = co_await semaphore.acquire();
  const auto timed = [](Semaphore& from) -> mtaio::Task<std::optional<Permit>> {
    co_return co_await from.acquire(1, 1h);
  };
  auto waiting = executor.create_task(timed(semaphore));
  co_await let_others_run();
  permit.release();
  const auto given = co_await waiting;
  CHECK(given);
}

TASK_TEST_CASE("semaphore: acquire(k, 0s) only tries") {
  Semaphore semaphore{2};
  CHECK(co_await semaphore.acquire(2, 0s));
  CHECK_FALSE(co_await semaphore.acquire(3, 0s));
  CHECK_FALSE(co_await semaphore.acquire(3, -1h));
  CHECK(semaphore.available() == 2);
}

TASK_TEST_CASE("semaphore: run(acquire(), {.timeout}) gives the permit or throws TimeoutError") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{1};
  auto permit = co_await executor.run(semaphore.acquire(), {.timeout = 1h});
  CHECK(permit.weight() == 1);
  CHECK_THROWS_AS((void)co_await executor.run(semaphore.acquire(), {.timeout = 1ms}),
                  mtaio::TimeoutError);
  permit.release();
  CHECK(semaphore.available() == 1);
}

TASK_TEST_CASE("semaphore: with a limit of zero it gives no permit until the limit is raised") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{0};
  CHECK_FALSE(semaphore.try_acquire());
  auto waiting = executor.create_task(acquire(semaphore));
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  semaphore.set_limit(1);
  CHECK((co_await waiting).weight() == 1);
}

TASK_TEST_CASE("semaphore: a request for more than the limit waits until the limit is raised") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{2};
  auto waiting = executor.create_task(acquire(semaphore, 3));
  co_await let_others_run();
  semaphore.set_limit(3);
  CHECK((co_await waiting).weight() == 3);
}

TASK_TEST_CASE("semaphore: a raised limit serves all waiters that it suffices for") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{0};
  auto two = executor.create_task(acquire(semaphore, 2));
  auto one = executor.create_task(acquire(semaphore, 1));
  auto last = executor.create_task(acquire(semaphore, 1));
  co_await let_others_run();
  semaphore.set_limit(3);
  co_await let_others_run();
  CHECK(two.done());
  CHECK(one.done());
  CHECK_FALSE(last.done());
  (co_await one).release();
  (co_await last).release();
  (co_await two).release();
  CHECK(semaphore.available() == 3);
}

TASK_TEST_CASE("semaphore: below what is in use, a limit gives none until enough came back") {
  Semaphore semaphore{4};
  auto one = co_await semaphore.acquire();
  auto three = co_await semaphore.acquire(3);
  semaphore.set_limit(1);
  CHECK(semaphore.limit() == 1);
  CHECK(semaphore.available() == 0);
  one.release();
  CHECK(semaphore.available() == 0);
  CHECK_FALSE(semaphore.try_acquire());
  three.release();
  CHECK(semaphore.available() == 1);
  CHECK(semaphore.try_acquire());
}

TASK_TEST_CASE("semaphore: set_limit(0) pauses, and permits that are in use stay valid") {
  mtaio::TaskExecutor executor;
  Semaphore semaphore{2};
  auto permit = co_await semaphore.acquire();
  semaphore.set_limit(0);
  CHECK(permit.weight() == 1);
  CHECK_FALSE(semaphore.try_acquire());
  auto waiting = executor.create_task(acquire(semaphore));
  co_await let_others_run();
  permit.release();
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  semaphore.set_limit(2);
  CHECK((co_await waiting).weight() == 1);
  CHECK(semaphore.available() == 2);
}

TASK_TEST_CASE("semaphore: the greatest limit works, for one permit and for all") {
  Semaphore semaphore{Semaphore::max()};
  {
    const auto one = co_await semaphore.acquire();
    CHECK_FALSE(semaphore.try_acquire(Semaphore::max()));
    semaphore.set_limit(0);
    CHECK(semaphore.available() == 0);
    semaphore.set_limit(Semaphore::max());
    CHECK(semaphore.available() == Semaphore::max() - 1);
  }
  const auto all = co_await semaphore.acquire(Semaphore::max());
  semaphore.set_limit(0);
  CHECK(semaphore.available() == 0);
  semaphore.set_limit(Semaphore::max());
  CHECK(semaphore.available() == 0);
}

TASK_TEST_CASE("semaphore: limits and counts that make no sense are std::invalid_argument") {
  constexpr auto kLeast = std::numeric_limits<std::ptrdiff_t>::min();
  constexpr auto kMost = std::numeric_limits<std::ptrdiff_t>::max();
  CHECK_THROWS_AS(Semaphore{-1}, std::invalid_argument);
  CHECK_THROWS_AS(Semaphore{kMost}, std::invalid_argument);
  Semaphore semaphore{1};
  for (const std::ptrdiff_t limit : {std::ptrdiff_t{-1}, kLeast, kMost, Semaphore::max() + 1}) {
    CHECK_THROWS_AS(semaphore.set_limit(limit), std::invalid_argument);
  }
  for (const std::ptrdiff_t k :
       {std::ptrdiff_t{0}, std::ptrdiff_t{-1}, kLeast, kMost, Semaphore::max() + 1}) {
    CHECK_THROWS_AS((void)semaphore.acquire(k), std::invalid_argument);
    CHECK_THROWS_AS((void)semaphore.acquire(k, 1s), std::invalid_argument);
    CHECK_THROWS_AS((void)semaphore.try_acquire(k), std::invalid_argument);
  }
  CHECK(semaphore.limit() == 1);
  CHECK(semaphore.available() == 1);
  co_return;
}

TEST_CASE("semaphore: may be used outside tasks, but for waiting") {
  Semaphore semaphore{0};
  semaphore.set_limit(2);
  auto permit = semaphore.try_acquire(2);
  CHECK(permit);
  std::thread other{[moved = std::move(*permit)]() mutable { moved.release(); }};
  other.join();
  CHECK(semaphore.available() == 2);
}

}  // namespace
