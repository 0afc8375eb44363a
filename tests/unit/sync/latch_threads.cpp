#include <mtaio/exceptions.hpp>
#include <mtaio/latch.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::Latch;

/// Plain, so that ThreadSanitizer sees a missing edge.
struct Shared {
  explicit Shared(int count) : latch{count}, values(static_cast<std::size_t>(count)) {}
  Latch latch;
  std::vector<int> values;
};

mtaio::Task<void> write_and_count_down(Shared& shared, int index) {
  shared.values[static_cast<std::size_t>(index)] = index + 1;
  shared.latch.count_down();
  co_return;
}
mtaio::Task<int> wait_and_read(Shared& shared) {
  co_await shared.latch.wait();
  int sum = 0;
  for (const int value : shared.values) sum += value;
  co_return sum;
}

mtaio::Task<void> check_visibility() {
  mtaio::TaskExecutor executor;
  for (int round = 0; round < 500; ++round) {
    Shared shared{4};
    std::vector<mtaio::Task<int>> readers;
    std::vector<mtaio::TaskHandle<void>> writers;
    for (int i = 0; i < 3; ++i) readers.push_back(wait_and_read(shared));
    for (int i = 0; i < 4; ++i) {
      writers.push_back(executor.create_task(write_and_count_down(shared, i)));
    }
    const std::vector<int> sums = co_await executor.gather(readers);
    CHECK(sums == std::vector<int>{10, 10, 10});
    for (auto& writer : writers) co_await writer;
  }
}

TEST_CASE(
    "latch: writes before count_down() are visible to every waiter that wait() lets through") {
  mtaio::run(check_visibility(), {.threads = 4});
}

mtaio::Task<int> look_and_read(Shared& shared) {
  for (bool open = false; !open;) {
    open = co_await shared.latch.wait(0s);
    co_await mtaio::sleep(0s);
  }
  co_return shared.values[0];
}

TEST_CASE("latch: writes before count_down() are visible to a thread that only looks") {
  for (int round = 0; round < 200; ++round) {
    Shared shared{1};
    std::thread writer{[&shared] {
      shared.values[0] = 42;
      shared.latch.count_down();
    }};
    CHECK(mtaio::run(look_and_read(shared), {.threads = 1}) == 42);
    writer.join();
  }
}

/// Destroys the latch as soon as it is let through.
mtaio::Task<void> wait_and_destroy(std::unique_ptr<Latch> latch) {
  co_await latch->wait();
  latch.reset();
}
mtaio::Task<void> look_and_destroy(std::unique_ptr<Latch> latch) {
  for (bool open = false; !open;) open = co_await latch->wait(0s);
  latch.reset();
}

TEST_CASE("latch: a waiter let through may destroy it while count_down() is still returning") {
  for (int round = 0; round < 1000; ++round) {
    auto owned = std::make_unique<Latch>(1);
    Latch& latch = *owned;
    std::thread opener{[&latch] { latch.count_down(); }};
    if (round % 2 == 0) {
      mtaio::run(wait_and_destroy(std::move(owned)), {.threads = 1});
    } else {
      mtaio::run(look_and_destroy(std::move(owned)), {.threads = 1});
    }
    opener.join();
  }
}

TASK_TEST_CASE(
    "latch: the first one let through may destroy it while others are still to be resumed") {
  mtaio::TaskExecutor executor;
  for (int round = 0; round < 10; ++round) {
    auto owned = std::make_unique<Latch>(1);
    Latch& latch = *owned;
    auto first = executor.create_task(wait_and_destroy(std::move(owned)));
    co_await test::let_others_run();
    const auto wait = [](Latch& of) -> mtaio::Task<bool> { co_return co_await of.wait(); };
    auto second = executor.create_task(wait(latch));
    co_await test::let_others_run();
    latch.count_down();
    co_await first;
    CHECK(co_await second);
  }
}

mtaio::Task<bool> wait_for(Latch& latch, mtaio::Timeout timeout) {
  co_return co_await latch.wait(timeout);
}

/// Waiters that time out, are cancelled, or are let through at about the same time.
mtaio::Task<void> race_everything() {
  mtaio::TaskExecutor executor;
  for (int round = 0; round < 1000; ++round) {
    Latch latch{2};
    std::vector<mtaio::TaskHandle<bool>> waiting;
    for (int i = 0; i < 4; ++i) {
      waiting.push_back(executor.create_task(
          wait_for(latch, i % 2 == 0 ? mtaio::Timeout{std::chrono::microseconds{round % 50}}
                                     : mtaio::Timeout::forever())));
    }
    const auto open = [](Latch& of) -> mtaio::Task<void> {
      of.count_down();
      co_return;
    };
    auto first = executor.create_task(open(latch));
    waiting[1].request_stop();
    auto second = executor.create_task(open(latch));
    for (auto& one : waiting) {
      try {
        (void)co_await one;
      } catch (const mtaio::CancelledError&) {
      }
    }
    co_await first;
    co_await second;
    CHECK(latch.get_count() == 0);
  }
}

TEST_CASE("latch: time-outs, cancellations and openings that meet strand no waiter") {
  mtaio::run(race_everything(), {.threads = 3});
}

TEST_CASE("latch: a plain thread lets the tasks of two runtimes through") {
  Latch latch{1};
  bool first = false;
  bool second = false;
  std::thread one{[&] { first = mtaio::run(wait_for(latch, 1h), {.threads = 1}); }};
  std::thread two{[&] { second = mtaio::run(wait_for(latch, 1h), {.threads = 1}); }};
  latch.count_down();
  one.join();
  two.join();
  CHECK(first);
  CHECK(second);
}

}  // namespace
