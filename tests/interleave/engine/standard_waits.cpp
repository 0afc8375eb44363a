/// How the standard library waits, in exhaustive checks.
#include <mtaio/interleave/check.hpp>

#include "interleave/in_threads.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <semaphore>
#include <string>

namespace {

using interleaved::in_threads;
using mtaio::testing::interleave::check;

/// The kind of the failure that is found, "none", or "none so far".
std::string failure_of(const std::function<void()>& program) {
  const auto report = check(program);
  if (report.failure) return std::string{to_string(report.failure->kind)};
  return report.complete ? "none" : "none so far";
}

TEST_CASE("standard waits: an exhaustive check sees std::atomic::wait block at once") {
  const auto program = []<class Word>(Word, bool notifies) -> std::function<void()> {
    return [=] {
      std::atomic<Word> value{0};
      in_threads([&] { value.wait(0, std::memory_order_acquire); },
                 [&] {
                   value.store(1, std::memory_order_release);
                   if (notifies) value.notify_one();
                 });
    };
  };
  // An int is a futex itself; a longer word waits in a futex of the library.
  CHECK(failure_of(program(0, true)) == "none");
  CHECK(failure_of(program(0, false)) == "lost wake-up");
  CHECK(failure_of(program(0L, true)) == "none");
  CHECK(failure_of(program(0L, false)) == "lost wake-up");
}

TEST_CASE("standard waits: a notification that is left out when no waiter is seen") {
  const auto program = [](std::memory_order order) -> std::function<void()> {
    return [=] {
      std::atomic<int> count{0};
      std::atomic<int> waiters{0};
      in_threads(
          [&] {
            waiters.fetch_add(1, order);
            count.wait(0, std::memory_order_relaxed);
          },
          [&] {
            count.fetch_add(1, order);
            if (waiters.load(order == std::memory_order_seq_cst ? std::memory_order_seq_cst
                                                                : std::memory_order_relaxed) > 0)
              count.notify_one();
          });
    };
  };
  CHECK(failure_of(program(std::memory_order_seq_cst)) == "none");
  CHECK(failure_of(program(std::memory_order_relaxed)) == "lost wake-up");
}

TEST_CASE("standard waits: a semaphore and a latch, with one release or arrival too few") {
  const auto semaphore = [](int released) -> std::function<void()> {
    return [=] {
      std::counting_semaphore<> available{0};
      in_threads(
          [&] {
            available.acquire();
            available.acquire();
          },
          [&] { available.release(released); });
    };
  };
  CHECK(failure_of(semaphore(2)) == "none");
  CHECK(failure_of(semaphore(1)) == "lost wake-up");
  const auto latch = [](int expected) -> std::function<void()> {
    return [=] {
      std::latch both{expected};
      in_threads([&] { both.arrive_and_wait(); }, [&] { both.arrive_and_wait(); });
    };
  };
  CHECK(failure_of(latch(2)) == "none");
  CHECK(failure_of(latch(3)) == "lost wake-up");
}

}  // namespace
