/// What tasks throw while they are being stopped is not lost.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <exception>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;
using test::as;
using test::message_of;
using test::on_one_thread;
using test::outcome_of;
using test::threw;

namespace {

mtaio::Task<void> fail_when_stopped(std::string why) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    throw std::runtime_error{why};
  }
}
/// Says that it was stopped, and what went wrong then.
mtaio::Task<void> be_cancelled_with(std::string why) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    try {
      throw std::runtime_error{why};
    } catch (const std::runtime_error&) {
      std::throw_with_nested(mtaio::CancelledError{});
    }
  }
}
mtaio::Task<void> sleep_for(mtaio::Timeout time) { co_await mtaio::sleep(time); }
mtaio::Task<void> fail(std::string why) {
  co_await mtaio::sleep(1ms);
  throw std::runtime_error{why};
}
mtaio::Task<void> give_up() {
  co_await mtaio::sleep(1ms);
  throw mtaio::CancelledError{};
}

/// What is nested in an error; null if nothing is.
std::exception_ptr nested_in(const std::exception_ptr& error) {
  const auto* nesting = as<std::nested_exception>(error);
  return nesting ? nesting->nested_ptr() : nullptr;
}
const mtaio::ExecutionError* failures_in(const std::exception_ptr& error) {
  return as<mtaio::ExecutionError>(nested_in(error));
}

/// What a created task ends with that is asked to stop once it waits.
template <class T>
mtaio::Task<std::exception_ptr> error_when_stopped(mtaio::TaskExecutor& executor,
                                                   mtaio::Task<T> task) {
  auto handle = executor.create_task(std::move(task));
  co_await mtaio::sleep(10ms);
  handle.request_stop();
  const auto outcome = co_await outcome_of(std::move(handle));
  co_return outcome.error();
}

void in_virtual_time(mtaio::Task<void> (*test)()) { Simulation{}.run(test()); }

mtaio::Task<void> gather_two(mtaio::TaskExecutor& executor, mtaio::Task<void> first,
                             mtaio::Task<void> second) {
  co_await executor.gather(std::move(first), std::move(second));
}
mtaio::Task<void> gather_outcomes(mtaio::TaskExecutor& executor) {
  co_await executor.gather(mtaio::return_exceptions, fail("before"), fail_when_stopped("after"),
                           sleep_for(1h));
}

TEST_CASE("run: an exception thrown while a timeout stops the task is nested in TimeoutError") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;

    const auto outcome =
        co_await outcome_of(executor.run(fail_when_stopped("disk full"), {.timeout = 100ms}));

    REQUIRE(threw<mtaio::TimeoutError>(outcome));
    CHECK(message_of(outcome.error()) ==
          "the time ran out after 0.100000 s; while stopping: disk full");
    CHECK(message_of(nested_in(outcome.error())) == "disk full");
  });
}

TEST_CASE("run: a TimeoutError of a task that was just cancelled has nothing nested in it") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;

    const auto outcome = co_await outcome_of(executor.run(sleep_for(1h), {.timeout = 100ms}));

    REQUIRE(threw<mtaio::TimeoutError>(outcome));
    CHECK(message_of(outcome.error()) == "the time ran out after 0.100000 s");
    CHECK_FALSE(nested_in(outcome.error()));
  });
}

TEST_CASE("run: the exception nested in a CancelledError is nested in the TimeoutError") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;

    const auto outcome =
        co_await outcome_of(executor.run(be_cancelled_with("disk full"), {.timeout = 100ms}));

    REQUIRE(threw<mtaio::TimeoutError>(outcome));
    CHECK(message_of(nested_in(outcome.error())) == "disk full");
  });
}

TEST_CASE("gather: failures while a timeout stops it are nested in TimeoutError, with indexes") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const mtaio::GatherOptions options{.timeout = 100ms};

    const auto plain = co_await outcome_of(executor.gather(
        options, sleep_for(1h), fail_when_stopped("disk full"), be_cancelled_with("no network")));
    const auto outcomes = co_await outcome_of(executor.gather(
        mtaio::return_exceptions, options, fail("before"), fail_when_stopped("after")));

    REQUIRE(threw<mtaio::TimeoutError>(plain));
    const auto* failures = failures_in(plain.error());
    REQUIRE(failures);
    REQUIRE(failures->failures().size() == 2);
    CHECK(failures->index() == 1);
    CHECK(message_of(failures->cause()) == "disk full");
    CHECK(failures->failures().at(1).index == 2);
    CHECK(message_of(failures->failures().at(1).cause) == "no network");
    CHECK(message_of(plain.error()) ==
          "the time ran out after 0.100000 s; while stopping: task 1 of 3 failed: disk full");
    REQUIRE(threw<mtaio::TimeoutError>(outcomes));
    REQUIRE(failures_in(outcomes.error()));
    CHECK(failures_in(outcomes.error())->failures().size() == 1);
    CHECK(failures_in(outcomes.error())->index() == 1);
  });
}

TEST_CASE(
    "gather: an exception thrown while a task_timeout stops the task is nested in its error") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;

    const auto [outcome] = co_await executor.gather(mtaio::return_exceptions,
                                                    mtaio::GatherOptions{.task_timeout = 100ms},
                                                    fail_when_stopped("disk full"));

    REQUIRE(threw<mtaio::TimeoutError>(outcome));
    CHECK(message_of(nested_in(outcome.error())) == "disk full");
  });
}

TEST_CASE("gather: failures while the caller is stopped are nested in CancelledError") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;

    const auto failed = co_await error_when_stopped(
        executor, gather_two(executor, sleep_for(1h), fail_when_stopped("disk full")));
    const auto cancelled = co_await error_when_stopped(
        executor, gather_two(executor, sleep_for(1h), be_cancelled_with("disk full")));
    const auto outcomes = co_await error_when_stopped(executor, gather_outcomes(executor));
    const auto nothing =
        co_await error_when_stopped(executor, gather_two(executor, sleep_for(1h), sleep_for(1h)));

    for (const auto& error : {failed, cancelled, outcomes}) {
      REQUIRE(as<mtaio::CancelledError>(error));
      REQUIRE(failures_in(error));
      CHECK(failures_in(error)->failures().size() == 1);
      CHECK(failures_in(error)->index() == 1);
    }
    CHECK(std::string{as<mtaio::CancelledError>(failed)->what()} ==
          "the task was asked to stop; while stopping: task 1 of 2 failed: disk full");
    CHECK(message_of(failures_in(outcomes)->cause()) == "after");
    CHECK(as<mtaio::CancelledError>(nothing));
    CHECK_FALSE(nested_in(nothing));
  });
}

TEST_CASE(
    "gather: the exception nested in a CancelledError is one of the failures of a call that "
    "fails") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;

    const auto outcome = co_await outcome_of(
        executor.gather(be_cancelled_with("a consequence"), fail("the reason")));

    const auto* error = as<mtaio::ExecutionError>(outcome.error());
    REQUIRE(error);
    REQUIRE(error->failures().size() == 2);
    CHECK(message_of(error->cause()) == "the reason");
    CHECK(error->failures().at(1).index == 0);
    CHECK(message_of(error->failures().at(1).cause) == "a consequence");
  });
}

TEST_CASE("run: a CancelledError with something nested is passed on when the caller is stopped") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    const auto run = [](mtaio::TaskExecutor& of) -> mtaio::Task<void> {
      co_await of.run(be_cancelled_with("disk full"));
    };

    const auto error = co_await error_when_stopped(executor, run(executor));

    REQUIRE(as<mtaio::CancelledError>(error));
    CHECK(message_of(nested_in(error)) == "disk full");
  });
}

TEST_CASE(
    "cancellation: a task that throws CancelledError when its time is over, without having waited, "
    "has timed out") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    mtaio::Latch never{1};
    const auto swallow = [](mtaio::Latch& latch) -> mtaio::Task<void> {
      co_await outcome_of(latch.wait());
      throw mtaio::CancelledError{};
    };

    const auto outcome = co_await outcome_of(executor.run(swallow(never), {.timeout = 100ms}));

    CHECK(threw<mtaio::TimeoutError>(outcome));
  });
}

TEST_CASE(
    "gather: with return_exceptions a CancelledError without a stop request is an outcome, and "
    "counts as failed") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    mtaio::Progress progress;

    const auto [rogue, good] = co_await executor.gather(mtaio::return_exceptions,
                                                        mtaio::GatherOptions{.progress = &progress},
                                                        give_up(), sleep_for(1ms));

    CHECK(threw<mtaio::CancelledError>(rogue));
    CHECK(good.has_value());
    CHECK(progress.failed() == 1);
  });
}

TEST_CASE("progress: a task that was asked to stop, and did, has not failed") {
  in_virtual_time([]() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    mtaio::Progress progress;

    const auto outcome = co_await outcome_of(
        executor.gather(mtaio::GatherOptions{.progress = &progress}, sleep_for(1h), sleep_for(1h),
                        fail("the reason"), fail_when_stopped("a consequence")));

    CHECK(threw<mtaio::ExecutionError>(outcome));
    CHECK(progress.done() == 4);
    CHECK(progress.failed() == 2);
  });
}

TASK_TEST_CASE("gather: an ExecutionError without an index is replaced by its cause") {
  mtaio::TaskExecutor executor;
  const auto thrower = [] { throw std::runtime_error{"refused"}; };

  const auto run = co_await outcome_of(executor.run(executor.run_in_thread(thrower)));
  const auto gathered = co_await outcome_of(executor.gather(executor.run_in_thread(thrower)));

  CHECK(message_of(run.error()) == "task failed: refused");
  CHECK(as<std::runtime_error>(as<mtaio::ExecutionError>(run.error())->cause()));
  CHECK(message_of(gathered.error()) == "task 0 of 1 failed: refused");
}

TEST_CASE("run: no depth of TimeoutErrors in each other grows the stack") {
  constexpr int kDepth = 100'000;
  on_one_thread([]() -> mtaio::Task<void> {
    std::exception_ptr error = std::make_exception_ptr(std::runtime_error{"the first"});
    for (int i = 0; i < kDepth; ++i) {
      try {
        mtaio::internal::throw_timed_out(1s, error);
      } catch (const mtaio::TimeoutError& timeout) {
        CHECK(std::string{timeout.what()}.size() < 1000);
        error = std::current_exception();
      }
    }
    error = nullptr;
    co_return;
  });
}

mtaio::Task<int> call_with_timeout(mtaio::TaskExecutor& executor, std::latch& end,
                                   std::atomic<bool>& begun, mtaio::Timeout timeout) {
  const auto take = [&] {
    begun = true;
    end.wait();
    return 7;
  };
  co_return co_await executor.run(executor.run_in_thread(take), {.timeout = timeout});
}

TASK_TEST_CASE("run_in_thread: the result of a function after a timeout is not lost") {
  mtaio::TaskExecutor executor;
  // On a machine that is busy the time may be over before a thread has got to the function.
  bool called = false;
  for (std::chrono::milliseconds timeout{1}; !called && timeout < 10s; timeout *= 4) {
    std::latch end{1};
    std::atomic<bool> begun{false};
    auto handle = executor.create_task(call_with_timeout(executor, end, begun, timeout));
    co_await mtaio::sleep(2 * timeout + 10ms);
    end.count_down();

    const auto outcome = co_await outcome_of(std::move(handle));

    called = begun;
    if (!called) continue;
    REQUIRE(outcome.has_value());
    CHECK(*outcome == 7);
  }
  CHECK(called);
}

}  // namespace
