/// `map` over a source: a queue, a generator, or a type of one's own.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mtaio::AsyncQueue;
using mtaio::ExecutionError;
using mtaio::Generator;
using mtaio::Task;
using mtaio::TaskExecutor;
using test::as;
using test::give;
using test::outcome_of;
using test::threw;

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): each closure outlives the map
// that calls it

namespace {

static_assert(mtaio::AsyncSource<AsyncQueue<int>>);
static_assert(mtaio::AsyncSource<mtaio::PriorityQueue<int>&>);
static_assert(mtaio::AsyncSource<mtaio::LIFOQueue<std::unique_ptr<int>>>);
static_assert(!mtaio::AsyncSource<std::vector<int>>);

Generator<int> count_to(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
}
Generator<int> count_to_then_fail(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
  throw std::runtime_error{"the source is broken"};
}
Task<int> twice(int number) {
  co_await mtaio::sleep(0s);
  co_return 2 * number;
}
int twice_in_thread(int number) { return 2 * number; }

TASK_TEST_CASE("map over a source: gives the results in the order of the items") {
  TaskExecutor executor;
  const auto values = co_await executor.map(twice, count_to(5), {.limit = 2});
  CHECK(values == std::vector{2, 4, 6, 8, 10});
  const auto of_three = co_await executor.map(twice, count_to(3));
  CHECK(of_three == std::vector{2, 4, 6});
  CHECK((co_await executor.map(twice, count_to(0))).empty());
}

TASK_TEST_CASE("map over a source: calls a plain function in threads") {
  TaskExecutor executor;
  CHECK(co_await executor.map(twice_in_thread, count_to(20), {.limit = 3, .task_timeout = 1h}) ==
        co_await executor.map(twice, count_to(20)));
}

Task<void> put_all(AsyncQueue<int>& queue, int last) {
  for (int i = 1; i <= last; ++i) co_await queue.put(i);
  queue.shutdown();
}

TASK_TEST_CASE("map over a queue: handles every item until the queue is shut down") {
  TaskExecutor executor;
  AsyncQueue<int> queue{2};
  const auto producer = executor.create_task(put_all(queue, 50));
  const auto results = co_await executor.map(twice, queue, {.limit = 4});
  CHECK(results.size() == 50);
  CHECK(results.back() == 100);
  CHECK(queue.empty());
}

TASK_TEST_CASE("map over a queue: an item is handled by exactly one of several maps", 4) {
  TaskExecutor executor;
  constexpr int kItems = 2'000;
  AsyncQueue<int> queue{16};
  std::vector<std::atomic<int>> handled(kItems + 1);
  std::atomic<int> running{0};
  const auto handle = [&](int item) -> Task<void> {
    CHECK(++running <= 6);
    if (item % 3 == 0) co_await mtaio::sleep(0s);
    ++handled[static_cast<std::size_t>(item)];
    --running;
  };
  const auto producer = executor.create_task(put_all(queue, kItems));
  co_await executor.gather(executor.map(handle, queue, {.limit = 3}),
                           executor.map(handle, queue, {.limit = 3}));
  for (std::size_t i = 1; i <= kItems; ++i) CHECK(handled[i] == 1);
}

/// Counts how often it is asked; gives 1, 2, 3 and so on.
class Asked {
 public:
  Task<std::optional<int>> next() {
    CHECK_FALSE(asked_now_);
    asked_now_ = true;
    ++asked_;
    co_await mtaio::sleep(0s);
    asked_now_ = false;
    if (asked_ > last_) co_return std::nullopt;
    co_return asked_;
  }
  void end_after(int last) { last_ = last; }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  int asked_ = 0;
  int last_ = 1'000;
  bool asked_now_ = false;
};

TASK_TEST_CASE("map over a source: asks for an item only when a task may start, one at a time") {
  TaskExecutor executor;
  Asked source;
  mtaio::Latch go_on{1};
  int running = 0;
  const auto wait = [&](int) -> Task<void> {
    ++running;
    co_await go_on.wait();
  };
  auto all = executor.create_task([](TaskExecutor& in, auto& function, Asked& from) -> Task<void> {
    co_await in.map(function, from, {.limit = 3});
  }(executor, wait, source));
  co_await test::let_others_run();
  CHECK(running == 3);
  CHECK(source.asked() == 3);
  source.end_after(10);
  go_on.count_down();
  co_await std::move(all);
  CHECK(running == 10);
  CHECK(source.asked() == 11);
}

Task<int> fail_at_two(int item) {
  co_await mtaio::sleep(0s);
  if (item == 2) throw std::runtime_error{"two"};
  co_return item;
}

TASK_TEST_CASE("map over a queue: after a failure the items that are left stay in the queue") {
  TaskExecutor executor;
  AsyncQueue<int> queue;
  for (int i = 1; i <= 5; ++i) co_await queue.put(i);
  const auto outcome = co_await outcome_of(executor.map(fail_at_two, queue, {.limit = 1}));
  REQUIRE(threw<ExecutionError>(outcome));
  CHECK(as<ExecutionError>(outcome.error())->index() == 1);
  CHECK(queue.qsize() == 3);
  CHECK(co_await queue.get() == 3);
}

TASK_TEST_CASE("map over a queue: a failure ends the wait for the next item") {
  TaskExecutor executor;
  AsyncQueue<int> queue;
  co_await queue.put(2);
  CHECK(threw<ExecutionError>(co_await outcome_of(executor.map(fail_at_two, queue))));
  co_await queue.put(3);
  CHECK(co_await queue.get() == 3);
}

TASK_TEST_CASE("map over a source: what the source throws is the failure after its last item") {
  TaskExecutor executor;
  const auto outcome = co_await outcome_of(executor.map(twice, count_to_then_fail(2)));
  REQUIRE(threw<ExecutionError>(outcome));
  const auto& error = *as<ExecutionError>(outcome.error());
  CHECK(error.index() == 2);
  CHECK(test::message_of(error.cause()) == "the source is broken");

  const auto outcomes =
      co_await executor.map(mtaio::return_exceptions, twice, count_to_then_fail(2), {.limit = 1});
  REQUIRE(outcomes.size() == 3);
  CHECK(*outcomes[1] == 4);
  CHECK(threw<std::runtime_error>(outcomes[2]));
}

TASK_TEST_CASE("map over a source: return_exceptions gives an outcome for each item") {
  TaskExecutor executor;
  const auto outcomes = co_await executor.map(mtaio::return_exceptions, fail_at_two, count_to(4));
  REQUIRE(outcomes.size() == 4);
  CHECK(threw<std::runtime_error>(outcomes[1]));
  CHECK(*outcomes[3] == 4);
}

TASK_TEST_CASE("map over a queue: a stop request while it waits for an item loses none") {
  TaskExecutor executor;
  AsyncQueue<int> queue;
  co_await queue.put(1);
  auto all = executor.create_task([](TaskExecutor& in, AsyncQueue<int>& from) -> Task<void> {
    co_await in.map(twice, from);
  }(executor, queue));
  co_await test::let_others_run();
  CHECK(queue.empty());
  all.request_stop();
  CHECK(threw<mtaio::CancelledError>(co_await outcome_of(std::move(all))));
  co_await queue.put(7);
  CHECK(co_await queue.get() == 7);
}

TASK_TEST_CASE("map over a queue: a timeout ends the wait for an item") {
  TaskExecutor executor;
  AsyncQueue<int> queue;
  co_await queue.put(1);
  CHECK(threw<mtaio::TimeoutError>(
      co_await outcome_of(executor.map(twice, queue, {.timeout = 1ms}))));
  CHECK(
      threw<mtaio::TimeoutError>(co_await outcome_of(executor.map(twice, queue, {.timeout = 0s}))));
}

TASK_TEST_CASE("map over a source: task_timeout begins when the item is there") {
  TaskExecutor executor;
  const auto late = []() -> Generator<int> {
    co_await mtaio::sleep(20ms);
    co_yield 1;
  };
  const auto values = co_await executor.map(twice, late(), {.task_timeout = 10ms});
  CHECK(values == std::vector{2});
  const auto never_ends = [](int) { return mtaio::sleep(1h); };
  const auto outcome =
      co_await outcome_of(executor.map(never_ends, count_to(1), {.task_timeout = 1ms}));
  REQUIRE(threw<ExecutionError>(outcome));
  CHECK(as<mtaio::TimeoutError>(as<ExecutionError>(outcome.error())->cause()) != nullptr);
}

TASK_TEST_CASE("map over a queue: an item that was taken is passed on, even after a failure") {
  TaskExecutor executor;
  AsyncQueue<int> queue;
  mtaio::Latch fail_now{1};
  std::vector<int> passed;
  const auto note = [&](int item) -> Task<void> {
    passed.push_back(item);
    if (item != 1) co_return;
    co_await fail_now.wait();
    throw std::runtime_error{"one"};
  };
  co_await queue.put(1);
  auto all = executor.create_task(
      [](TaskExecutor& in, auto& function, AsyncQueue<int>& from) -> Task<void> {
        co_await in.map(function, from);
      }(executor, note, queue));
  co_await test::let_others_run();
  fail_now.count_down();  // the first task is ready to fail
  co_await queue.put(2);  // and the second one has its item
  CHECK(threw<ExecutionError>(co_await outcome_of(std::move(all))));
  CHECK(passed == std::vector{1, 2});
}

TASK_TEST_CASE("map over a source: items may be movable only, and results references or nothing") {
  TaskExecutor executor;
  mtaio::LIFOQueue<std::unique_ptr<int>> queue;
  for (int i = 1; i <= 3; ++i) co_await queue.put(std::make_unique<int>(i));
  queue.shutdown();
  const auto value = [](std::unique_ptr<int> item) -> Task<int> { co_return *item; };
  const auto values = co_await executor.map(value, queue, {.limit = 1});
  CHECK(values == std::vector{3, 2, 1});

  std::vector<int> places(3);
  const auto place = [&](int item) -> Task<int&> {
    co_return places[static_cast<std::size_t>(item - 1)];
  };
  const auto found = co_await executor.map(place, count_to(3));
  CHECK(&found[2].get() == &places[2]);
  co_await executor.map([](int) { return test::nothing(); }, count_to(3));
}

TASK_TEST_CASE("map over a source: progress knows the total at the end") {
  TaskExecutor executor;
  mtaio::Progress progress;
  co_await executor.map(mtaio::return_exceptions, fail_at_two, count_to(4),
                        {.progress = &progress});
  CHECK(progress.total() == 4);
  CHECK(progress.started() == 4);
  CHECK(progress.done() == 4);
  CHECK(progress.failed() == 1);
}

TASK_TEST_CASE("map over a source: takes nothing before it is awaited") {
  TaskExecutor executor;
  Asked source;
  {
    [[maybe_unused]] const auto operation = executor.map(twice, source);
    co_await test::let_others_run();
  }
  CHECK(source.asked() == 0);
}

TASK_TEST_CASE("map over a source: an empty task from the function is a failure") {
  TaskExecutor executor;
  const auto no_task = [](int) { return Task<int>{}; };
  const auto outcome = co_await outcome_of(executor.map(no_task, count_to(2)));
  REQUIRE(threw<ExecutionError>(outcome));
  CHECK(as<std::logic_error>(as<ExecutionError>(outcome.error())->cause()) != nullptr);
}

TASK_TEST_CASE("map over a source: a hundred thousand items need no stack and keep to the limit") {
  TaskExecutor executor;
  int running = 0;
  const auto now = [&](int item) -> Task<int> {
    CHECK(++running == 1);
    --running;
    co_return item;
  };
  const auto results = co_await executor.map(now, count_to(100'000), {.limit = 1});
  CHECK(results.size() == 100'000);
}

/// Throws when it is asked to stop.
struct FailsWhenStopped {
  mtaio::Latch& never;

  Task<std::optional<int>> next() {
    try {
      co_await never.wait();
    } catch (const mtaio::CancelledError&) {
      throw std::runtime_error{"while stopping"};
    }
    co_return std::nullopt;
  }
};

TASK_TEST_CASE("map over a source: what the source throws while it is stopped is nested") {
  TaskExecutor executor;
  mtaio::Latch never{1};
  const auto map = [&]() -> Task<void> { co_await executor.map(give, FailsWhenStopped{never}); };
  auto mapping = executor.create_task(map());
  co_await test::let_others_run();
  mapping.request_stop();
  const auto outcome = co_await outcome_of(std::move(mapping));
  REQUIRE(threw<mtaio::CancelledError>(outcome));
  const auto* nesting = as<std::nested_exception>(outcome.error());
  REQUIRE(nesting != nullptr);
  const auto* failure = as<ExecutionError>(nesting->nested_ptr());
  REQUIRE(failure != nullptr);
  CHECK(test::message_of(failure->cause()) == "while stopping");
}

TASK_TEST_CASE("map over a source: no two threads call the function at the same time", 4) {
  TaskExecutor executor;
  std::atomic<int> inside{0};
  int calls = 0;
  int together = 0;
  const auto yield_once = [](int number) -> Task<int> {
    co_await mtaio::sleep(0s);
    co_return number;
  };
  const auto count = [&](int number) {
    if (inside.fetch_add(1) != 0) ++together;
    ++calls;
    std::this_thread::yield();
    inside.fetch_sub(1);
    return yield_once(number);
  };
  co_await executor.map(count, count_to(5000), {.limit = 8});
  CHECK(calls == 5000);
  CHECK(together == 0);
}

}  // namespace

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
