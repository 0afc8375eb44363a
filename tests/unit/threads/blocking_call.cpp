/// A blocking call against a pool that does what the test tells it to.
#include <mtaio/core.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/threads/thread_awaiter.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <coroutine>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::outcome_of;
using test::threw;

namespace {

/// Runs what was submitted when it is told to, on the thread that tells it.
class ManualPool final : public mtaio::lowlevel::BlockingPool {
 public:
  void submit(mtaio::lowlevel::BlockingJob& job) override {
    if (fails)
      throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again)};
    if (runs_at_once) {
      job.run();
    } else {
      jobs.push_back(job);
    }
  }
  bool withdraw(mtaio::lowlevel::BlockingJob& job) noexcept override {
    if (!job.linked()) return false;
    jobs.erase(job);
    return true;
  }
  void run_all() {
    while (auto* job = jobs.pop_front()) job->run();
  }

  mtaio::lowlevel::IntrusiveList<mtaio::lowlevel::BlockingJob> jobs;
  bool fails = false;
  bool runs_at_once = false;
};

int answer() { return 42; }

template <class Function>
mtaio::Task<int> call_in(ManualPool& pool, Function function) {
  using Bound = mtaio::internal::BoundFunction<Function>;
  co_return co_await mtaio::internal::ThreadAwaiter<Bound>{Bound{std::in_place, function}, &pool};
}

/// Awaited in a task: the scope that it runs in.
struct ThisScope {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    scope = &mtaio::internal::context_of(awaiting)->scope;
    return false;
  }
  [[nodiscard]] mtaio::lowlevel::StopScope& await_resume() const noexcept { return *scope; }

  mtaio::lowlevel::StopScope* scope = nullptr;
};

/// Calls a function that returns when its caller has been asked to stop, which it learns without
/// a token, so that the timeout is not noticed.
mtaio::Task<int> call_until_stopped(ManualPool& pool) {
  mtaio::lowlevel::StopScope& scope = co_await ThisScope{};
  const auto until_stopped = [&scope] {
    while (!scope.stop_requested()) std::this_thread::yield();
    return 42;
  };
  co_return co_await call_in(pool, until_stopped);
}

TASK_TEST_CASE("ThreadCall: suspends until the function has returned") {
  mtaio::TaskExecutor executor;
  ManualPool pool;
  auto handle = executor.create_task(call_in(pool, answer));
  co_await mtaio::sleep(0s);
  co_await mtaio::sleep(0s);

  const bool before = handle.done();
  pool.run_all();
  const int result = co_await handle;

  CHECK_FALSE(before);
  CHECK(result == 42);
}

TASK_TEST_CASE("ThreadCall: a function that returns before the caller is suspended is fine") {
  ManualPool pool;
  pool.runs_at_once = true;
  int sum = 0;
  for (int i = 0; i < 100; ++i) sum += co_await call_in(pool, answer);
  CHECK(sum == 4200);
}

TASK_TEST_CASE("ThreadCall: the function's exception comes out as it is") {
  ManualPool pool;
  pool.runs_at_once = true;
  const auto outcome =
      co_await outcome_of(call_in(pool, []() -> int { throw std::runtime_error{"no"}; }));
  CHECK(threw<std::runtime_error>(outcome));
}

TASK_TEST_CASE(
    "ThreadCall: a pool that cannot start a thread is an exception at the co_await, and nothing is "
    "left over") {
  ManualPool pool;
  pool.fails = true;
  const auto failed = co_await outcome_of(call_in(pool, answer));
  pool.fails = false;
  pool.runs_at_once = true;
  const int result = co_await call_in(pool, answer);

  CHECK(threw<std::system_error>(failed));
  CHECK(result == 42);
}

TASK_TEST_CASE("ThreadCall: a stop takes back a function that has not started") {
  mtaio::TaskExecutor executor;
  ManualPool pool;
  auto handle = executor.create_task(call_in(pool, answer));
  co_await mtaio::sleep(0s);
  const bool queued = !pool.jobs.empty();

  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(queued);
  CHECK(pool.jobs.empty());
  CHECK(threw<mtaio::CancelledError>(outcome));
}

TASK_TEST_CASE("ThreadCall: a stop that comes when the function has returned changes nothing") {
  mtaio::TaskExecutor executor;
  ManualPool pool;
  auto handle = executor.create_task(call_in(pool, answer));
  co_await mtaio::sleep(0s);

  pool.run_all();
  handle.request_stop();
  const int result = co_await handle;

  CHECK(result == 42);
}

TASK_TEST_CASE(
    "ThreadCall: the result of a function that outlasts a timeout is not lost, unless it has asked "
    "a token") {
  mtaio::TaskExecutor executor;
  ManualPool pool;
  for (const bool runs_at_once : {false, true}) {
    CAPTURE(runs_at_once);
    pool.runs_at_once = runs_at_once;  // so before its caller is suspended
    auto handle =
        executor.create_task(outcome_of(executor.run(call_until_stopped(pool), {.timeout = 1ms})));
    co_await mtaio::sleep(0s);
    pool.run_all();

    const auto outcome = co_await handle;

    CHECK(outcome.has_value());
  }
}

TASK_TEST_CASE("ThreadCall: a caller that was asked to stop before never submits") {
  mtaio::TaskExecutor executor;
  ManualPool pool;
  auto handle = executor.create_task(call_in(pool, answer));

  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));

  CHECK(pool.jobs.empty());
  CHECK(threw<mtaio::CancelledError>(outcome));
}

TASK_TEST_CASE(
    "ThreadCall: its thread belongs to the caller's task only as long as the function runs") {
  mtaio::TaskExecutor executor;
  ManualPool pool;
  auto handle = executor.create_task(
      call_in(pool, [] { return mtaio::internal::this_thread().root() ? 1 : 0; }));
  co_await mtaio::sleep(0s);
  bool belongs_afterwards = true;

  std::thread{[&] {
    pool.run_all();
    belongs_afterwards = mtaio::internal::this_thread().root() != nullptr;
  }}.join();

  CHECK(co_await handle == 1);
  CHECK_FALSE(belongs_afterwards);
}

}  // namespace
