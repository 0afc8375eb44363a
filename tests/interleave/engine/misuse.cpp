/// Programs that do what ends a process, or what cannot be modelled.
#include <mtaio/interleave/check.hpp>

#include "interleave/in_threads.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace {

using interleaved::in_threads;
using mtaio::testing::interleave::check;
using mtaio::testing::interleave::require;

/// The kind of the failure that is found, "none", or "none so far".
std::string failure_of(const std::function<void()>& program) {
  const auto report = check(program);
  if (report.failure) return std::string{to_string(report.failure->kind)};
  return report.complete ? "none" : "none so far";
}

/// What is said of the failure.
std::string what_of(const std::function<void()>& program) {
  const auto report = check(program);
  return report.failure ? report.failure->what : "none";
}

bool begins(const std::string& text, std::string_view with) { return text.starts_with(with); }

int without_end(int depth) {  // NOLINT(misc-no-recursion)
  std::array<volatile int, 64> used{};
  used[0] = depth;
  return used[0] < 0 ? 0 : without_end(depth + 1) + used[0];
}

TEST_CASE("misuse: a null pointer") {
  const auto plain = [] {
    int* volatile null = nullptr;
    *null = 1;
  };
  const auto atomic = [] {
    std::atomic<int>* volatile null = nullptr;
    null->store(1);
  };
  CHECK(failure_of(plain) == "terminated");
  CHECK(begins(what_of(plain), "access through a null pointer in "));
  CHECK(failure_of(atomic) == "terminated");
  CHECK(begins(what_of(atomic), "access through a null pointer in "));
}

TEST_CASE("misuse: an access to memory that is not there") {
  const auto program = [](bool writes) -> std::function<void()> {
    return [=] {
      auto* volatile wild = reinterpret_cast<int*>(0x123456789000);
      in_threads([&] {
        if (writes)
          *wild = 1;
        else
          static_cast<void>(*const_cast<volatile int*>(wild));
      });
    };
  };
  CHECK(failure_of(program(true)) == "terminated");
  CHECK(begins(what_of(program(true)), "segmentation fault at 0x123456789000"));
  CHECK(begins(what_of(program(false)), "segmentation fault at 0x123456789000 in "));
}

TEST_CASE("misuse: a function that calls itself without end") {
  const auto thread = [] { in_threads([] { static_cast<void>(without_end(0)); }); };
  CHECK(failure_of(thread) == "terminated");
  CHECK(what_of(thread) == "the stack of thread 1 is full");
  CHECK(what_of([] { static_cast<void>(without_end(0)); }) == "the stack of thread 0 is full");
}

TEST_CASE("misuse: a loop without end that does nothing visible") {
  const auto program = [] {
    volatile int count = 0;
    while (true) count = 1 - count;
  };
  CHECK(failure_of(program) == "livelock");
}

TEST_CASE("misuse: exit() in the program") {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): it does not get there
  CHECK(failure_of([] { std::exit(3); }) == "terminated");
}

TEST_CASE("misuse: a check in a program that is checked") {
  CHECK(failure_of([] { static_cast<void>(check([] {})); }) == "misuse");
}

TEST_CASE("misuse: an atomic object of 16 bytes, inside and outside of a check") {
  struct alignas(16) Pair {
    long first;
    long second;
    bool operator==(const Pair&) const = default;
  };
  const auto program = [] {
    std::atomic<Pair> pair{Pair{1, 2}};
    Pair expected{1, 2};
    CHECK(pair.compare_exchange_strong(expected, Pair{3, 4}));
    CHECK_FALSE(pair.compare_exchange_strong(expected, Pair{5, 6}));
    CHECK(expected == Pair{3, 4});
    CHECK(pair.exchange({7, 8}) == Pair{3, 4});
    pair.store({9, 10});
    CHECK(pair.load() == Pair{9, 10});
  };
  program();
  CHECK(failure_of(program) == "misuse");
}

TEST_CASE("misuse: memory from before the check is freed: it is there again afterwards") {
  auto number = std::make_unique<int>(1);
  std::string text(100, 'x');
  const auto program = [&] {
    require(*number == 1 && text.size() == 100, "each execution begins alike");
    number.reset();
    std::string{}.swap(text);
  };
  CHECK(failure_of(program) == "none");
  CHECK(*number == 1);
  CHECK(text == std::string(100, 'x'));
}

TEST_CASE("locks: a recursive mutex is locked by one thread at a time, as often as it likes") {
  const auto program = [](bool unlocks_twice) -> std::function<void()> {
    return [=] {
      std::recursive_mutex mutex;
      int value = 0;
      const auto use = [&] {
        mutex.lock();
        require(mutex.try_lock(), "it is the thread's own");
        ++value;
        mutex.unlock();
        ++value;
        if (unlocks_twice) mutex.unlock();
      };
      in_threads(use, use);
      require(value == 4, "one thread at a time");
    };
  };
  CHECK(failure_of(program(true)) == "none");
  CHECK(failure_of(program(false)) == "deadlock");
}

}  // namespace
