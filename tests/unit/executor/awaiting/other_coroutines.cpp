/// Tasks among coroutines of other kinds, which the library knows nothing of.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <coroutine>
#include <exception>
#include <ranges>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::give;
using test::with_threads;

namespace {

/// A coroutine that starts immediately and is destroyed by its maker; awaited once.
class Other {
 public:
  struct promise_type {
    Other get_return_object() {
      return Other{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] auto final_suspend() const noexcept {
      struct GoOn {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(
            std::coroutine_handle<promise_type> ended) const noexcept {
          return ended.promise().awaiting;
        }
        void await_resume() const noexcept {}
      };
      return GoOn{};
    }
    void return_value(int result) { value = result; }
    void unhandled_exception() { std::terminate(); }

    std::coroutine_handle<> awaiting = std::noop_coroutine();
    int value = 0;
  };

  explicit Other(std::coroutine_handle<promise_type> frame) : frame_{frame} {}
  Other(Other&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
  Other& operator=(Other&&) = delete;
  ~Other() {
    if (frame_) frame_.destroy();
  }

  [[nodiscard]] bool await_ready() const { return frame_.done(); }
  void await_suspend(std::coroutine_handle<> awaiting) { frame_.promise().awaiting = awaiting; }
  [[nodiscard]] int await_resume() const { return frame_.promise().value; }

 private:
  std::coroutine_handle<promise_type> frame_;
};

/// Whoever waits for it is resumed by the call of `open()`, in the middle of whatever runs there.
class Door {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept {
    waiting_ = awaiting;
    somebody_waits_.count_down();
  }
  void await_resume() const noexcept {}

  [[nodiscard]] auto somebody_waits() { return somebody_waits_.wait(); }
  void open() { waiting_.resume(); }

 private:
  std::coroutine_handle<> waiting_;
  mtaio::Latch somebody_waits_{1};
};

mtaio::Task<int> sum_of_three(mtaio::TaskExecutor& executor) {
  const auto [a, b, c] = co_await executor.gather(give(1), give(2), give(3));
  co_return a + b + c;
}

Other gather_and_map(mtaio::TaskExecutor& executor) {
  const auto [a, b] = co_await executor.gather(sum_of_three(executor), sum_of_three(executor));
  const std::vector<int> mapped = co_await executor.map(give, std::views::iota(0, 10));
  co_return a + b + mapped.back();
}

mtaio::Task<Other> start(mtaio::TaskExecutor& executor) { co_return gather_and_map(executor); }

Other create_task_behind(mtaio::Latch& latch, mtaio::TaskExecutor& executor) {
  co_await latch.wait();
  co_return co_await executor.create_task(give(7));
}

mtaio::Task<Other> start_behind(mtaio::Latch& latch, mtaio::TaskExecutor& executor) {
  co_return create_task_behind(latch, executor);
}

mtaio::Task<int> gather_behind(Door& door, mtaio::TaskExecutor& executor) {
  co_await door;
  const int sum = co_await sum_of_three(executor);
  const std::vector<int> mapped = co_await executor.map(give, std::views::iota(0, 10));
  co_return sum + mapped.back();
}

/// Opens `door` in a run of another runtime, which then does whatever else it finds to do.
mtaio::Task<void> open_inside(Door& door, bool& inside) {
  inside = true;
  door.open();
  for (int i = 0; i < 3; ++i) co_await mtaio::sleep(0s);
  inside = false;
}

mtaio::Task<void> pass(Door& door) { co_await door; }
mtaio::Task<void> pass() { co_return; }

mtaio::Task<void> open_both(Door& first, Door& second) {
  first.open();
  second.open();
  co_return;
}

TEST_CASE("other coroutines: a coroutine may gather and map on a worker, and a task may await it") {
  for (const std::size_t threads : {1U, 3U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      CHECK(co_await gather_and_map(executor) == 21);
    });
  }
}

TEST_CASE("other coroutines: a coroutine may continue when the task that started it has ended") {
  for (const std::size_t threads : {1U, 3U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      Other other = co_await executor.create_task(start(executor));
      CHECK(co_await other == 21);
    });
  }
}

TEST_CASE(
    "other coroutines: a coroutine that has waited may create tasks when the task around it has "
    "ended") {
  for (const std::size_t threads : {1U, 3U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      mtaio::Latch latch{1};
      Other other = co_await executor.create_task(start_behind(latch, executor));
      latch.count_down();
      CHECK(co_await other == 7);
    });
  }
}

TEST_CASE("other coroutines: a task that the code of another one has resumed may gather and map") {
  for (const std::size_t threads : {1U, 3U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      Door door;
      auto behind = executor.create_task(gather_behind(door, executor));
      co_await door.somebody_waits();

      door.open();

      CHECK(co_await behind == 15);
    });
  }
}

TASK_TEST_CASE(
    "other coroutines: the next child starts at home, also when others have ended in the run of "
    "another runtime",
    1) {
  mtaio::TaskExecutor executor;
  Door first;
  Door second;
  Door third;
  bool inside = false;
  bool last_inside = true;
  const auto child = [&](int i) -> mtaio::Task<void> {
    if (i == 0) return pass(first);
    if (i == 1) return pass(second);
    if (i == 2) return pass(third);
    // There is room for another one besides this one.
    if (i == 3) std::thread{[&] { second.open(); }}.join();
    if (i == 4) last_inside = inside;
    return pass();
  };
  auto mapped = executor.create_task([](auto& within, auto& make) -> mtaio::Task<void> {
    co_await within.map(make, std::views::iota(0, 5), {.limit = 3});
  }(executor, child));
  co_await first.somebody_waits();
  co_await second.somebody_waits();
  co_await third.somebody_waits();

  mtaio::Runtime{{.threads = 1}}.run(open_inside(first, inside));

  third.open();
  co_await mapped;
  CHECK_FALSE(last_inside);
}

TEST_CASE("other coroutines: the code of a task may resume several others, one after the other") {
  for (const std::size_t threads : {1U, 3U}) {
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      Door first;
      Door second;
      auto one = executor.create_task(pass(first));
      auto other = executor.create_task(pass(second));
      co_await first.somebody_waits();
      co_await second.somebody_waits();
      co_await executor.create_task(open_both(first, second));
      co_await one;
      co_await other;
    });
  }
}

}  // namespace
