/// What each thread has for itself, and what each execution finds anew.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <mutex>
#include <vector>

namespace {

using namespace litmus;
using mtaio::testing::interleave::require;

struct Counted {
  Counted() { ++alive; }
  ~Counted() { --alive; }
  int value = 7;
  static inline std::atomic<int> alive{0};
};

thread_local int number = 3;
thread_local Counted counted;

TEST_CASE("threads: each has its own thread-local variables, which are destroyed with it") {
  const auto program = [] {
    const auto thread = [](int mine) {
      return [=] {
        require(number == 3, "a new thread finds the initial value");
        number = mine;
        counted.value = mine;
        std::this_thread::yield();
        require(number == mine, "no other thread writes it");
        require(counted.value == mine, "nor this one");
      };
    };
    in_threads(thread(1), thread(2));
    require(Counted::alive.load() == 0, "they have been destroyed");
    require(number == 3, "nor has the main thread's changed");
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

TEST_CASE("threads: each has an id, and its own errno") {
  const auto program = [] {
    std::array<std::thread::id, 2> ids;
    const auto thread = [&](std::size_t self) {
      return [&, self] {
        ids[self] = std::this_thread::get_id();
        errno = static_cast<int>(self) + 1;
        std::this_thread::yield();
        require(errno == static_cast<int>(self) + 1, "no other thread changes errno");
      };
    };
    in_threads(thread(0), thread(1));
    require(ids[0] != ids[1], "two threads");
    require(ids[0] != std::this_thread::get_id(), "and the main one");
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

int global = 0;
std::vector<int> global_list;
std::atomic<int> global_atomic{0};

int made_once() {
  static const int made = [] {
    global += 10;
    return 5;
  }();
  return made;
}

TEST_CASE("executions: each finds global variables as they were at first") {
  const auto program = [] {
    require(global == 0, "plain");
    require(global_atomic.load() == 0, "atomic");
    require(global_list.empty(), "an object");
    in_threads([] { global_atomic.fetch_add(1, kRelaxed); },
               [] { global_atomic.fetch_add(1, kRelaxed); });
    global = 1;
    global_list.push_back(1);
    require(global_atomic.load() == 2, "both have counted");
    global_list = std::vector<int>{};
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
  CHECK(global == 0);
  CHECK(global_atomic.load() == 0);
  CHECK(global_list.empty());
}

TEST_CASE("executions: a function-local static variable is made once, by one of the threads") {
  const auto program = [] {
    const auto thread = [] { require(made_once() == 5, "it is finished when it is seen"); };
    in_threads(thread, thread);
    require(global == 10, "once");
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

TEST_CASE("executions: std::call_once calls once") {
  const auto program = [] {
    std::once_flag once;
    int calls = 0;
    const auto thread = [&] {
      std::call_once(once, [&] { ++calls; });
      require(calls == 1, "the call is over when another returns");
    };
    in_threads(thread, thread);
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

TEST_CASE("executions: time passes while all threads sleep") {
  const auto program = [] {
    using namespace std::chrono_literals;
    const auto start = std::chrono::steady_clock::now();
    in_threads([] { std::this_thread::sleep_for(1h); }, [] { std::this_thread::sleep_for(2h); });
    const auto passed = std::chrono::steady_clock::now() - start;
    require(passed >= 2h && passed < 2h + 1s, "as long as the longer one slept");
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

}  // namespace
