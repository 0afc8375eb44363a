#include <mtaio/core.hpp>

#include "platform/cpu.hpp"
#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/sanitized.hpp"

#include <doctest/doctest.h>

#include <barrier>
#include <coroutine>
#include <cstddef>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::give;
using test::give_move_only;
using test::give_reference;
using test::throws;

namespace {

mtaio::Task<void> set(int& variable, int value) {
  variable = value;
  co_return;
}
mtaio::Task<void> fail() {
  co_await mtaio::sleep(0s);
  throw std::runtime_error{"main failed"};
}
mtaio::Task<void> throw_an_int() {
  throw 42;
  co_return;
}
mtaio::Task<void> give_up() {
  throw mtaio::CancelledError{};
  co_return;
}

/// A foreign awaitable.
struct Ready {
  int value;
  [[nodiscard]] bool await_ready() const { return true; }
  void await_suspend(std::coroutine_handle<>) const {}
  [[nodiscard]] int await_resume() const { return value; }
};

}  // namespace

TEST_CASE("run: gives the result of main, on one to four threads or as many as there are cores") {
  for (const std::size_t threads : {0U, 1U, 2U, 3U, 4U}) {
    CAPTURE(threads);
    CHECK(mtaio::run(give(7), {.threads = threads}) == 7);
  }
  CHECK(mtaio::run(give(7)) == 7);
}

TEST_CASE(
    "Runtime: has a worker for each core that the process may use, unless it is told otherwise") {
  CHECK(mtaio::Runtime{}.threads() == mtaio::platform::usable_cores());
  CHECK(mtaio::Runtime{{.threads = 3}}.threads() == 3);
}

TEST_CASE("run: the result of main may be void, a reference or move-only") {
  int variable = 0;
  mtaio::run(set(variable, 1));
  CHECK(variable == 1);
  CHECK(&mtaio::run(give_reference(variable)) == &variable);
  CHECK(*mtaio::run(give_move_only(3)) == 3);
}

TEST_CASE("run: the exception of main comes out of it as it is") {
  CHECK_THROWS_WITH_AS(mtaio::run(fail()), "main failed", std::runtime_error);
  CHECK_THROWS_AS(mtaio::run(throw_an_int()), int);
  CHECK_THROWS_AS(mtaio::run(give_up()), mtaio::CancelledError);
}

TEST_CASE("run: takes any awaitable, and an lvalue task where it is") {
  mtaio::Task<int> task = give(1);
  mtaio::TaskExecutor executor;
  mtaio::Latch open{0};

  CHECK(mtaio::run(task) == 1);
  CHECK(mtaio::run(Ready{2}) == 2);
  CHECK(mtaio::run(open.wait()));
  mtaio::run(mtaio::sleep(0s));
  CHECK(mtaio::run(executor.run(give(3))) == 3);
  CHECK(mtaio::run(executor.gather(give(4), give(5))) == std::tuple{4, 5});
}

TEST_CASE("run: a task that was awaited before or moved from is a logic_error") {
  mtaio::Task<int> task = give(1);
  const mtaio::Task<int> other = std::move(task);
  // NOLINTNEXTLINE(bugprone-use-after-move): that is the point
  CHECK_THROWS_AS(mtaio::run(std::move(task)), std::logic_error);
  CHECK_THROWS_AS(mtaio::run(mtaio::Task<int>{}), std::logic_error);
}

TEST_CASE("run: the arguments of main are destroyed when it returns") {
  auto shared = std::make_shared<int>(1);
  const auto use = [](std::shared_ptr<int> pointer) -> mtaio::Task<int> { co_return *pointer; };
  CHECK(mtaio::run(use(shared)) == 1);
  CHECK(shared.use_count() == 1);
}

TEST_CASE("run: inside a task it is a logic_error, because the worker would wait for itself") {
  const auto nested = []() -> mtaio::Task<bool> {
    co_return throws<std::logic_error>([] { mtaio::run(give(1)); });
  };
  CHECK(mtaio::run(nested(), {.threads = 1}));
  CHECK(mtaio::run(nested(), {.threads = 2}));
}

TEST_CASE(
    "run: in a function that run_in_thread calls is fine, because that thread is not a worker") {
  const auto call = []() -> mtaio::Task<int> {
    mtaio::TaskExecutor executor;
    co_return co_await executor.run_in_thread([] { return mtaio::run(give(4), {.threads = 1}); });
  };
  CHECK(mtaio::run(call(), {.threads = 1}) == 4);
}

TEST_CASE("Runtime::run: on one of its own workers is a logic_error, and nothing starts") {
  mtaio::Runtime runtime{{.threads = 2}};
  const auto nested = [](mtaio::Runtime& own) -> mtaio::Task<bool> {
    int started = 0;
    const bool thrown = throws<std::logic_error>([&] { own.run(set(started, 1)); });
    co_return thrown&& started == 0;
  };
  CHECK(runtime.run(nested(runtime)));
}

TEST_CASE(
    "Runtime::run: on a worker of another runtime is fine, unless the other waits for the first in "
    "turn") {
  mtaio::Runtime first{{.threads = 1}};
  mtaio::Runtime second{{.threads = 1}};
  const auto back = [](mtaio::Runtime& to) -> mtaio::Task<bool> {
    co_return throws<std::logic_error>([&] { to.run(give(1)); });
  };
  const auto forth = [](mtaio::Runtime& from, mtaio::Runtime& to, auto turn) -> mtaio::Task<int> {
    const int answer = to.run(give(5));
    CHECK(to.run(turn(from)));
    co_await mtaio::sleep(0s);
    co_return answer;
  };
  CHECK(first.run(forth(first, second, back)) == 5);
}

TEST_CASE(
    "Runtime::run: on any worker of an outer runtime, through another one, it is a logic_error") {
  mtaio::Runtime outer{{.threads = 2}};
  mtaio::Runtime between{{.threads = 1}};
  std::barrier both_workers{2};
  const auto back = [](mtaio::Runtime& to) -> mtaio::Task<bool> {
    co_return throws<std::logic_error>([&] { to.run(give(1)); });
  };
  const auto go = [](auto& together, auto& by, auto turn, auto& to) -> mtaio::Task<bool> {
    together.arrive_and_wait();
    co_return by.run(turn(to));
  };
  const auto through = [&](int) { return go(both_workers, between, back, outer); };
  const auto main = [](auto call) -> mtaio::Task<std::vector<bool>> {
    mtaio::TaskExecutor executor;
    const std::vector<int> items{0, 1};
    co_return co_await executor.map(call, items);
  };
  CHECK(outer.run(main(through)) == std::vector<bool>{true, true});
}

TEST_CASE("Runtime::run: one runtime can be used for many runs, one after the other") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    mtaio::Runtime runtime{{.threads = threads}};
    CHECK(runtime.threads() == threads);
    for (int i = 0; i < 2'000; ++i) {
      REQUIRE(runtime.run(give(i)) == i);
    }
    CHECK_THROWS_AS(runtime.run(fail()), std::runtime_error);
    CHECK(runtime.run(give(1)) == 1);
  }
}

TEST_CASE("Runtime::run: several threads may call it concurrently, and each gets its own result") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    CAPTURE(threads);
    mtaio::Runtime runtime{{.threads = threads}};
    const auto sum_up = [](int from) -> mtaio::Task<int> {
      mtaio::TaskExecutor executor;
      auto tasks = test::many(20, [&](int i) { return give(from + i); });
      int sum = 0;
      for (const int each : co_await executor.gather(std::move(tasks), {.limit = 5})) sum += each;
      co_return sum;
    };
    std::vector<std::thread> callers;
    std::vector<int> wrong(6);

    for (std::size_t caller = 0; caller < wrong.size(); ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < 100; ++i) {
          const int from = static_cast<int>(caller) * 1'000 + i;
          if (runtime.run(sum_up(from)) != 20 * from + 190) ++wrong[caller];
        }
      });
    }
    for (auto& caller : callers) caller.join();

    CHECK(wrong == std::vector<int>(6));
  }
}

TEST_CASE("Runtime::run: calls from several threads overlap, with one thread too") {
  mtaio::Runtime runtime{{.threads = 1}};
  mtaio::Latch first{1};
  mtaio::Latch second{1};
  const auto meet = [](mtaio::Latch& mine, mtaio::Latch& theirs) -> mtaio::Task<bool> {
    mine.count_down();
    co_return co_await theirs.wait(30s);
  };

  bool other = false;
  std::thread caller{[&] { other = runtime.run(meet(first, second)); }};
  const bool own = runtime.run(meet(second, first));
  caller.join();

  CHECK(own);
  CHECK(other);
}

TEST_CASE("Runtime: ten thousand are created, used and destroyed") {
  for (int i = 0; i < 10'000; ++i) {
    mtaio::Runtime runtime{{.threads = 1U + static_cast<std::size_t>(i % 4)}};
    if (i % 3 != 0) REQUIRE(runtime.run(give(i)) == i);
  }
}

TEST_CASE("Runtime: thousands whose workers all have work are created and destroyed") {
  const auto spread = []() -> mtaio::Task<int> {
    mtaio::TaskExecutor executor;
    const auto [a, b, c, d] = co_await executor.gather(give(1), give(2), give(3), give(4));
    co_return a + b + c + d;
  };
  for (int i = 0; i < 2'000; ++i) {
    REQUIRE(mtaio::run(spread(), {.threads = 1U + static_cast<std::size_t>(i % 4)}) == 10);
  }
}

TEST_CASE("Runtime: more workers than the runtime can have are an invalid_argument") {
  const auto make = [](std::size_t threads) { mtaio::Runtime{{.threads = threads}}; };
  CHECK_THROWS_AS(make(std::size_t{1} << 20U), std::invalid_argument);
  CHECK_THROWS_AS(make(static_cast<std::size_t>(-1)), std::invalid_argument);
  CHECK_THROWS_AS(make(16'385), std::invalid_argument);
}

TEST_CASE(
    "Runtime: the memory that its workers take grows with their number, not with its square") {
  const auto resident = [] {
    std::ifstream statm{"/proc/self/statm"};
    std::size_t total = 0;
    std::size_t pages = 0;
    statm >> total >> pages;
    return pages * 4096;
  };
  const std::size_t before = resident();
  mtaio::Runtime runtime{{.threads = 5'000}};
  CHECK(runtime.run(give(5)) == 5);
  // Sanitizers have memory of their own for it.
  const std::size_t each = test::kSanitized ? 80'000 : 20'000;
  CHECK(resident() - before < 5'000 * each);
}

TEST_CASE("Runtime: a make_parker that returns null is an invalid_argument") {
  mtaio::RuntimeOptions options{.threads = 1};
  options.make_parker = [] { return std::unique_ptr<mtaio::lowlevel::Parker>{}; };
  CHECK_THROWS_AS(mtaio::Runtime{options}, std::invalid_argument);
}
