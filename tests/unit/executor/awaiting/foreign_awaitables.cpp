/// Awaitables of other libraries, which resume what awaits them wherever they like: the task goes
/// on on its own runtime all the same.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::give_now;
using test::on_one_thread;
using test::outcome_of;
using test::threw;

namespace {

/// Threads of another library.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() {
    // What a thread resumes may end all of this while resume() is still noting that thread.
    std::vector<std::jthread> threads;
    const std::scoped_lock guard{mutex_};
    threads.swap(threads_);
  }

  void resume(std::coroutine_handle<> awaiting) {
    const std::scoped_lock guard{mutex_};
    threads_.emplace_back([awaiting] { awaiting.resume(); });
  }

 private:
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
};

enum class Returns { kNothing, kTrue, kHandle };

/// Resumes on a thread of its own; gives the thread that asked for the result.
template <Returns kReturns>
class OnItsThread {
 public:
  explicit OnItsThread(Threads& threads) : threads_{threads} {}
  OnItsThread(const OnItsThread&) = delete;  // it stays where it is
  OnItsThread& operator=(const OnItsThread&) = delete;

  [[nodiscard]] bool await_ready() const { return false; }
  auto await_suspend(std::coroutine_handle<> awaiting) {
    threads_.resume(awaiting);
    if constexpr (kReturns == Returns::kTrue) return true;
    if constexpr (kReturns == Returns::kHandle) {
      return std::coroutine_handle<>{std::noop_coroutine()};
    }
  }
  [[nodiscard]] std::thread::id await_resume() const { return std::this_thread::get_id(); }

 private:
  Threads& threads_;
};

struct WithMember {
  Threads& threads;
  OnItsThread<Returns::kNothing> operator co_await() const {
    return OnItsThread<Returns::kNothing>{threads};
  }
};
struct WithFree {
  Threads& threads;
};
OnItsThread<Returns::kTrue> operator co_await(const WithFree & awaitable) {
  return OnItsThread<Returns::kTrue>{awaitable.threads};
}

/// Whether a task that awaits `awaitable` on a runtime with one thread is at home afterwards.
template <class MakeAwaitable>
mtaio::Task<void> check_comes_home(MakeAwaitable make) {
  mtaio::TaskExecutor executor;
  const std::thread::id home = std::this_thread::get_id();
  Threads threads;

  const std::thread::id asked_on = co_await make(threads);

  CHECK(asked_on == home);
  CHECK(std::this_thread::get_id() == home);
  auto created = executor.create_task(give_now(7));
  CHECK(co_await created == 7);
}

/// Keeps what awaits it, for others to resume.
class Door {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept {
    waiting_ = awaiting;
    there_.store(true, std::memory_order_release);
  }
  void await_resume() const noexcept {}

  [[nodiscard]] bool somebody_waits() const noexcept {
    return there_.load(std::memory_order_acquire);
  }
  void open() { waiting_.resume(); }

 private:
  std::coroutine_handle<> waiting_;
  std::atomic<bool> there_{false};
};

mtaio::Task<void> open(Door& door, bool& inside) {
  inside = true;
  door.open();
  inside = false;
  co_return;
}

mtaio::Task<bool> pass_and_look(Door& door, const bool& inside) {
  co_await door;
  co_return inside;
}

/// Fails as it suspends.
struct Broken {
  [[nodiscard]] bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<>) const { throw std::runtime_error{"broken"}; }
  void await_resume() const {}
};

/// Need not wait, but says so only when it is asked to suspend.
struct NotAtAll {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  [[nodiscard]] int await_resume() const noexcept { return 1; }
};

/// Resumes before its await_suspend() returns.
struct AtOnce {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) const { awaiting.resume(); }
  [[nodiscard]] int await_resume() const noexcept { return 1; }
};

/// Goes with the result that it gives.
class GoesWithResult {
 public:
  explicit GoesWithResult(Door& door) : door_{door} {}
  GoesWithResult(const GoesWithResult&) = delete;
  GoesWithResult& operator=(const GoesWithResult&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { door_.await_suspend(awaiting); }
  int await_resume() {
    delete this;
    return 5;
  }

 private:
  ~GoesWithResult() = default;
  Door& door_;
};

TEST_CASE("foreign awaitables: a task resumes at home with every result of await_suspend") {
  on_one_thread([]() -> mtaio::Task<void> {
    return check_comes_home([](Threads& of) { return OnItsThread<Returns::kNothing>{of}; });
  });
  on_one_thread([]() -> mtaio::Task<void> {
    return check_comes_home([](Threads& of) { return OnItsThread<Returns::kTrue>{of}; });
  });
  on_one_thread([]() -> mtaio::Task<void> {
    return check_comes_home([](Threads& of) { return OnItsThread<Returns::kHandle>{of}; });
  });
}

TEST_CASE(
    "foreign awaitables: a task resumes at home from an awaitable with an operator co_await") {
  on_one_thread([]() -> mtaio::Task<void> {
    return check_comes_home([](Threads& of) { return WithMember{of}; });
  });
  on_one_thread([]() -> mtaio::Task<void> {
    return check_comes_home([](Threads& of) { return WithFree{of}; });
  });
}

TASK_TEST_CASE("foreign awaitables: lvalues are awaited where they are") {
  const std::thread::id home = std::this_thread::get_id();
  Threads threads;
  OnItsThread<Returns::kNothing> immovable{threads};
  const WithMember member{threads};
  CHECK(co_await immovable == home);
  CHECK(co_await member == home);
  CHECK(co_await immovable == home);
}

TASK_TEST_CASE("foreign awaitables: run, gather and create_task bring their tasks home", 3) {
  mtaio::TaskExecutor executor;
  Threads threads;
  const auto pass = [](mtaio::TaskExecutor& of, Threads& others) -> mtaio::Task<int> {
    (void)co_await OnItsThread<Returns::kNothing>{others};
    auto created = of.create_task(give_now(1));
    co_return co_await created;
  };
  for (int round = 0; round < 100; ++round) {
    auto created = executor.create_task(pass(executor, threads));
    const auto [a, b] = co_await executor.gather(pass(executor, threads), pass(executor, threads));
    CHECK(a + b + co_await executor.run(pass(executor, threads), {.timeout = 1h}) +
              co_await created ==
          4);
  }
}

TASK_TEST_CASE(
    "foreign awaitables: a task resumed on a worker of another runtime continues at home") {
  mtaio::TaskExecutor executor;
  const std::thread::id home = std::this_thread::get_id();
  Door door;
  bool inside = false;
  const auto pass = [](Door& through) -> mtaio::Task<std::thread::id> {
    co_await through;
    co_return std::this_thread::get_id();
  };
  auto passing = executor.create_task(pass(door));
  while (!door.somebody_waits()) co_await mtaio::sleep(0s);
  std::jthread other{[&] { mtaio::run(open(door, inside), {.threads = 1}); }};
  CHECK(co_await passing == home);
}

TASK_TEST_CASE(
    "foreign awaitables: a task resumed inside the code of another task continues outside it") {
  mtaio::TaskExecutor executor;
  Door door;
  bool inside = false;
  auto passing = executor.create_task(pass_and_look(door, inside));
  while (!door.somebody_waits()) co_await mtaio::sleep(0s);
  co_await executor.create_task(open(door, inside));
  CHECK_FALSE(co_await passing);
}

TASK_TEST_CASE("foreign awaitables: the exception of await_suspend() comes out of co_await") {
  const auto outcome = co_await outcome_of(Broken{});
  CHECK(threw<std::runtime_error>(outcome));
}

TASK_TEST_CASE(
    "foreign awaitables: an awaitable that does not wait can be awaited any number of times") {
  constexpr int kTimes = 100'000;
  int sum = 0;
  for (int i = 0; i < kTimes; ++i) sum += co_await NotAtAll{};
  CHECK(sum == kTimes);
  CHECK(co_await AtOnce{} == 1);
}

TASK_TEST_CASE("foreign awaitables: an awaitable may be destroyed while it gives its result") {
  mtaio::TaskExecutor executor;
  Door door;
  const auto pass = [](Door& through) -> mtaio::Task<int> {
    auto* goes = new GoesWithResult{through};
    co_return co_await *goes;
  };
  auto passing = executor.create_task(pass(door));
  while (!door.somebody_waits()) co_await mtaio::sleep(0s);
  door.open();
  CHECK(co_await passing == 5);
}

TEST_CASE("foreign awaitables: a task that belongs to no runtime continues where it is resumed") {
  Door door;
  bool passed = false;
  const auto pass = [](Door& through, bool& flag) -> mtaio::Task<void> {
    co_await through;
    flag = true;
  };
  auto task = pass(door, passed);
  task.frame().promise().set_continuation(std::noop_coroutine(), nullptr);
  task.frame().resume();
  CHECK_FALSE(passed);
  door.open();
  CHECK(passed);
}

TASK_TEST_CASE("foreign awaitables: a stop request does not end the wait, and meets the next one") {
  mtaio::TaskExecutor executor;
  Door door;
  bool passed = false;
  const auto pass = [](Door& through, bool& flag) -> mtaio::Task<void> {
    co_await through;
    flag = true;
    co_await mtaio::sleep(1h);
  };
  auto passing = executor.create_task(pass(door, passed));
  while (!door.somebody_waits()) co_await mtaio::sleep(0s);
  passing.request_stop();
  co_await mtaio::sleep(0s);
  CHECK_FALSE(passed);
  door.open();
  CHECK(threw<mtaio::CancelledError>(co_await outcome_of(std::move(passing))));
  CHECK(passed);
}

TEST_CASE(
    "foreign awaitables: in a simulation, a task resumed by another task continues in its turn") {
  const auto test = [](bool& inside_when_on) -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    Door door;
    bool inside = false;
    auto passing = executor.create_task(pass_and_look(door, inside));
    while (!door.somebody_waits()) co_await mtaio::sleep(0s);
    co_await executor.create_task(open(door, inside));
    inside_when_on = co_await passing;
  };
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    bool inside = true;
    mtaio::testing::Simulation simulation{{.seed = seed}};
    simulation.run(test(inside));
    CHECK_FALSE(inside);
  }
}

/// What says whether it is so, but is not a bool.
struct Answer {
  explicit operator bool() const { return yes; }
  bool yes;
};
struct ExplicitlyReady {
  [[nodiscard]] Answer await_ready() const noexcept { return {true}; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] int await_resume() const noexcept { return 3; }
};
/// An operator that is found where it is used, and not through the namespace of its argument.
struct Ready {
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] std::chrono::seconds await_resume() const noexcept { return time; }
  std::chrono::seconds time;
};
Ready operator co_await(std::chrono::seconds time) { return {time}; }

TEST_CASE("foreign awaitable: await_ready() may give a value that converts to bool explicitly") {
  on_one_thread([]() -> mtaio::Task<void> { CHECK(co_await ExplicitlyReady{} == 3); });
}

TASK_TEST_CASE(
    "foreign awaitable: a program's own operator co_await for a type of the standard library") {
  const auto time = co_await std::chrono::seconds{2};
  CHECK(time == 2s);
}

}  // namespace
