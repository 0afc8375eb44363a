/// What authors of primitives rely on.
#include <mtaio/lowlevel/waiter.hpp>

#include <mtaio/latch.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/idle_scheduler.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace {

using mtaio::lowlevel::Waiter;

/// Lets others run, and says what ended that.
class Yield {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiter_.yield(awaiting);
  }
  Waiter::State await_resume() noexcept { return waiter_.finish(); }

 private:
  Waiter waiter_;
};

TASK_TEST_CASE("waiter: a waiter that yields resumes as if it was served") {
  CHECK(co_await Yield{} == Waiter::State::kServed);
}

struct Interruptible : Waiter {
  using Waiter::interrupt;
};

TASK_TEST_CASE(
    "waiter: a waiter that is interrupted before it waits cannot wait, nor be interrupted again") {
  Interruptible waiter;
  waiter.listen();
  CHECK(waiter.interrupt(Waiter::State::kTimedOut));
  CHECK_FALSE(waiter.interrupt(Waiter::State::kCancelled));
  CHECK_FALSE(waiter.commit());
  CHECK(waiter.finish() == Waiter::State::kTimedOut);
  co_return;
}

/// A foreign coroutine, without a context.
struct Foreign {
  struct promise_type {
    Foreign get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

Foreign yield_in_foreign(std::string& order) {
  order += "a";
  co_await Yield{};
  order += "c";
}

TASK_TEST_CASE("waiter: a foreign coroutine may yield, on the thread of a worker") {
  std::string order;
  yield_in_foreign(order);
  order += "b";
  co_await test::let_others_run();
  CHECK(order == "abc");
}

Foreign wait_in_foreign(mtaio::Latch& latch, std::string& order) {
  order += "a";
  co_await latch.wait();
  order += "c";
}

TASK_TEST_CASE("waiter: a foreign coroutine may wait, on the thread of a worker") {
  mtaio::Latch latch{1};
  std::string order;
  wait_in_foreign(latch, order);
  order += "b";
  co_await test::let_others_run();
  CHECK(order == "ab");
  latch.count_down();
  co_await test::let_others_run();
  CHECK(order == "abc");
}

/// Notes that it was asked to stop.
struct Noting : Waiter {
  Noting() noexcept : Waiter{&Noting::asked_to_stop} {}
  static void asked_to_stop(mtaio::lowlevel::StopNode&) noexcept { asked = true; }
  static inline bool asked = false;
};

TASK_TEST_CASE("waiter: a wait that has not begun cannot be ended") {
  Interruptible waiter;
  CHECK_FALSE(waiter.interrupt(Waiter::State::kTimedOut));
  CHECK(waiter.commit());
  co_return;
}

TASK_TEST_CASE("waiter: a waiter that was asked to stop before does not begin to wait") {
  mtaio::internal::TaskContext context{nullptr};
  context.scope.request_stop();
  for (const bool listens : {false, true}) {
    CAPTURE(listens);
    Waiter waiter;
    waiter.prepare(std::noop_coroutine(), &context);
    if (listens) waiter.listen();
    CHECK_FALSE(waiter.commit());
    CHECK(waiter.finish() == Waiter::State::kCancelled);
  }
  Waiter waiter;
  waiter.prepare(std::noop_coroutine(), &context);
  CHECK_FALSE(waiter.try_complete_inline());
  CHECK(waiter.finish() == Waiter::State::kCancelled);
  co_return;
}

TASK_TEST_CASE("waiter: a waiter that need not wait is served, unless it was asked to stop") {
  mtaio::internal::TaskContext context{nullptr};
  Waiter waiter;
  waiter.prepare(std::noop_coroutine(), &context);
  CHECK(waiter.try_complete_inline());
  CHECK(waiter.finish() == Waiter::State::kServed);
  co_return;
}

TASK_TEST_CASE(
    "waiter: a destroyed waiter receives no stop request, whether it has waited or not") {
  mtaio::internal::TaskContext context{nullptr};
  std::optional<Noting> waiter;
  waiter.emplace();
  waiter->prepare(std::noop_coroutine(), &context);
  waiter->listen();
  waiter.reset();
  waiter.emplace();
  waiter->prepare(std::noop_coroutine(), &context);
  CHECK(waiter->commit());
  waiter.reset();
  context.scope.request_stop();
  CHECK_FALSE(Noting::asked);
  co_return;
}

/// In a task of `simulation`: a wait in vain, whose awaiter lives on.
mtaio::Task<void> wait_in_vain(mtaio::testing::Simulation& simulation) {
  mtaio::Latch latch{1};
  auto wait = latch.wait(1s).operator co_await();
  CHECK_FALSE(co_await wait);
  CHECK_FALSE(simulation.timers_armed());

  mtaio::Latch open_soon{1};
  auto served = open_soon.wait(1s).operator co_await();
  mtaio::TaskExecutor executor;
  const auto opening = executor.create_task([](mtaio::Latch& to_open) -> mtaio::Task<void> {
    to_open.count_down();
    co_return;
  }(open_soon));
  CHECK(co_await served);
  CHECK_FALSE(simulation.timers_armed());
}

TEST_CASE(
    "timed waiter: its timer is disarmed when the wait is over, not when the awaiter is "
    "destroyed") {
  mtaio::testing::Simulation simulation;
  simulation.run(wait_in_vain(simulation));
}

/// Where no time is left.
class Late final : public test::IdleScheduler {
 public:
  void arm(mtaio::lowlevel::Timer& timer, mtaio::lowlevel::TimePoint deadline) noexcept override {
    timers_.arm(timer, deadline);
    timers_.fire_due(deadline);
  }

 private:
  mtaio::lowlevel::TimerHeap timers_;
};

TEST_CASE("timed waiter: a waiter whose time is over before it waits does not begin to wait") {
  Late scheduler;
  mtaio::lowlevel::TimedWaiter waiter;
  waiter.prepare(scheduler);
  waiter.arm(1s);
  CHECK_FALSE(waiter.commit());
  CHECK(waiter.finish() == Waiter::State::kTimedOut);
}

mtaio::Task<void> drop_armed(mtaio::testing::Simulation& simulation) {
  std::optional<mtaio::lowlevel::TimedWaiter> waiter;
  waiter.emplace();
  waiter->prepare(std::noop_coroutine(), nullptr);
  waiter->arm(1s);
  CHECK(simulation.timers_armed());
  waiter.reset();
  CHECK_FALSE(simulation.timers_armed());
  co_return;
}

TEST_CASE("timed waiter: a destroyed one is not woken by its timer") {
  mtaio::testing::Simulation simulation;
  simulation.run(drop_armed(simulation));
}

}  // namespace
