/// What may be kept, moved, and outlive what.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::give;
using test::outcome_of;
using test::threw;
using test::wait_until_stopped;

namespace {

mtaio::Task<int> note(std::vector<int>& notes, int value) {
  notes.push_back(value);
  co_return value;
}

/// Counts the objects of its kind that are alive.
struct Counted {
  explicit Counted(std::atomic<int>& count) : alive{&count} { ++*alive; }
  Counted(const Counted& other) : alive{other.alive} { ++*alive; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive; }
  std::atomic<int>* alive;
};
mtaio::Task<Counted> give_counted(Counted counted) { co_return counted; }

TASK_TEST_CASE("operations: start when they are awaited, and may be kept and moved until then") {
  mtaio::TaskExecutor executor;
  std::vector<int> notes;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(note(notes, 1));
  tasks.push_back(note(notes, 2));
  const auto noting = [&notes](int value) { return note(notes, value); };
  const auto append = [&notes](const std::vector<int>& values) { notes.push_back(values.front()); };
  const std::vector<int> seven{7};

  auto run = executor.run(note(notes, 0));
  auto gather = executor.gather(std::move(tasks), {.limit = 1});
  auto several = executor.gather(note(notes, 3), note(notes, 4));
  auto map = executor.map(noting, std::views::iota(5, 7), {.limit = 1});
  auto in_thread = executor.run_in_thread(append, seven);
  auto cancel = executor.cancel_all();
  co_await mtaio::sleep(0s);
  const bool started = !notes.empty();
  auto moved_run = std::move(run);
  auto moved_gather = std::move(gather);
  auto moved_several = std::move(several);
  auto moved_map = std::move(map);
  auto moved_in_thread = std::move(in_thread);
  co_await std::move(moved_run);
  co_await std::move(moved_gather);
  co_await std::move(moved_several);
  co_await std::move(moved_map);
  co_await std::move(moved_in_thread);
  co_await cancel;

  CHECK_FALSE(started);
  CHECK(notes == std::vector{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("operations: an operation that is never awaited runs nothing and leaks nothing") {
  std::atomic<int> alive = 0;
  std::vector<int> notes;
  {
    mtaio::TaskExecutor executor;  // outside a runtime, too
    const Counted counted{alive};
    std::vector<mtaio::Task<Counted>> tasks;
    tasks.push_back(give_counted(counted));
    const auto make = [counted](int) { return give_counted(counted); };

    [[maybe_unused]] const auto run = executor.run(give_counted(counted), {.timeout = 1s});
    [[maybe_unused]] const auto gather = executor.gather(std::move(tasks));
    [[maybe_unused]] const auto several = executor.gather(give_counted(counted), note(notes, 1));
    [[maybe_unused]] const auto map = executor.map(make, std::views::iota(0, 3));
    [[maybe_unused]] const auto in_thread = executor.run_in_thread(make, 1);
    [[maybe_unused]] const auto cancel = executor.cancel_all();
    [[maybe_unused]] const auto close = executor.close();
  }
  CHECK(alive == 0);
  CHECK(notes.empty());
}

TEST_CASE("TaskExecutor: may be made and destroyed outside a runtime, and used in several") {
  mtaio::TaskExecutor executor;
  const auto use = [](mtaio::TaskExecutor& of) -> mtaio::Task<int> {
    const auto [a, b] = co_await of.gather(give(1), give(2));
    auto handle = of.create_task(give(3));
    const int c = co_await handle;
    co_return a + b + c;
  };

  CHECK(mtaio::run(use(executor), {.threads = 1}) == 6);
  CHECK(mtaio::run(use(executor), {.threads = 3}) == 6);
}

TEST_CASE("TaskExecutor: its tasks run on the runtime of the code that awaits or creates them") {
  mtaio::TaskExecutor executor;
  mtaio::Runtime first{{.threads = 1}};
  mtaio::Runtime second{{.threads = 1}};
  const auto where = []() -> mtaio::Task<std::thread::id> { co_return std::this_thread::get_id(); };
  const auto same_thread = [](mtaio::TaskExecutor& of, auto ask) -> mtaio::Task<bool> {
    const std::thread::id here = std::this_thread::get_id();
    const std::thread::id run = co_await of.run(ask());
    auto handle = of.create_task(ask());
    const std::thread::id created = co_await handle;
    co_return run == here&& created == here;
  };

  bool second_same = false;
  const bool first_same = first.run(same_thread(executor, where));
  std::thread{[&] { second_same = second.run(same_thread(executor, where)); }}.join();

  CHECK(first_same);
  CHECK(second_same);
}

TASK_TEST_CASE("TaskHandle: may outlive its executor") {
  std::optional<mtaio::TaskHandle<int>> done;
  std::optional<mtaio::TaskHandle<void>> stopped;
  bool was_stopped = false;
  {
    mtaio::TaskExecutor executor;
    done.emplace(executor.create_task(give(1)));
    stopped.emplace(executor.create_task(wait_until_stopped(was_stopped)));
    while (!done->done()) co_await mtaio::sleep(0s);
  }

  const int result = co_await *done;
  const auto outcome = co_await outcome_of(std::move(*stopped));

  CHECK(result == 1);
  CHECK(was_stopped);
  CHECK(threw<mtaio::CancelledError>(outcome));
}

TEST_CASE("TaskHandle: may outlive its runtime, and be awaited in another one") {
  std::optional<mtaio::TaskHandle<int>> handle;
  mtaio::TaskExecutor executor;
  const auto create = [](mtaio::TaskExecutor& of, auto& to) -> mtaio::Task<void> {
    to.emplace(of.create_task(give(1)));
    co_await mtaio::sleep(0s);
    co_await mtaio::sleep(0s);
  };
  const auto take = [](auto& from) -> mtaio::Task<int> { co_return co_await *from; };

  mtaio::run(create(executor, handle), {.threads = 1});
  handle->request_stop();
  CHECK(handle->done());
  CHECK(mtaio::run(take(handle), {.threads = 1}) == 1);
}

TEST_CASE("TaskHandle: may be destroyed outside any runtime, after everything else") {
  std::atomic<int> alive = 0;
  std::optional<mtaio::TaskHandle<Counted>> handle;
  {
    mtaio::TaskExecutor executor;
    const auto create = [](mtaio::TaskExecutor& of, auto& to,
                           std::atomic<int>& count) -> mtaio::Task<void> {
      Counted counted{count};
      to.emplace(of.create_task(give_counted(counted)));
      co_await mtaio::sleep(0s);
    };
    mtaio::run(create(executor, handle, alive), {.threads = 2});
  }
  CHECK(alive > 0);
  handle.reset();
  CHECK(alive == 0);
}

TEST_CASE("TaskHandle: of a task of another runtime can be awaited while both run") {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<mtaio::TaskHandle<int>> handles;
  const auto make = [](mtaio::TaskExecutor& of, auto& to) -> mtaio::Task<void> {
    std::vector<mtaio::TaskHandle<int>> mine;
    for (int i = 0; i < 500; ++i) co_await to.put(of.create_task(give(i)));
    to.shutdown();
    co_await to.join();
  };
  const auto take = [](auto& from) -> mtaio::Task<int> {
    int sum = 0;
    while (auto handle = co_await from.next()) {
      sum += co_await *handle;
      from.task_done();
    }
    co_return sum;
  };

  int sum = 0;
  std::thread taker{[&] { sum = mtaio::run(take(handles), {.threads = 2}); }};
  mtaio::run(make(executor, handles), {.threads = 2});
  taker.join();

  CHECK(sum == 500 * 499 / 2);
}

TASK_TEST_CASE("operations: nothing of the tasks, nor of their arguments, is left afterwards") {
  mtaio::TaskExecutor executor;
  std::atomic<int> alive{0};
  const auto counted = [&alive](int) { return Counted{alive}; };
  const auto elements = std::views::iota(0, 3) | std::views::transform(counted);
  auto timed = give_counted(Counted{alive});
  auto tasks = test::many(3, [&alive](int) { return give_counted(Counted{alive}); });
  CHECK(alive == 4);

  (void)co_await executor.run(std::move(timed), {.timeout = 1h});
  const int after_run = alive;
  (void)co_await executor.gather(std::move(tasks));
  const int after_gather = alive;
  (void)co_await executor.map(give_counted, elements);
  const int after_map = alive;
  (void)co_await executor.map(give_counted, elements, {.limit = 1, .task_timeout = 1h});
  const int after_timed_map = alive;

  auto linked = give_counted(Counted{alive});
  (void)co_await mtaio::with_stop_token(std::stop_token{}, std::move(linked));
  const int after_linked = alive;

  CHECK(after_run == 3);
  CHECK(after_linked == 0);
  CHECK(after_gather == 0);
  CHECK(after_map == 0);
  CHECK(after_timed_map == 0);
}

}  // namespace
