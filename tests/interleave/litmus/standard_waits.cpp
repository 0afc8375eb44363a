/// What the standard library makes of atomics and futexes.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>

namespace {

using namespace litmus;
using mtaio::testing::interleave::require;

TEST_CASE("standard waits: std::atomic::wait ends after a change and a notification") {
  const auto program = [](bool notifies) -> std::function<void()> {
    return [=] {
      std::atomic<int> value{0};
      int data = 0;
      in_threads(
          [&] {
            value.wait(0, kAcquire);
            require(data == 1, "the data is seen with the value");
          },
          [&] {
            data = 1;
            value.store(1, kRelease);
            if (notifies) value.notify_one();
          });
    };
  };
  CHECK(failure_of(program(true), Memory::kCpp20) == "none");
  CHECK(failure_of(program(false), Memory::kCpp20) == "lost wake-up");
}

TEST_CASE("standard waits: a latch and a semaphore") {
  const auto latch = [] {
    std::latch both{2};
    std::array<int, 2> data{};
    const auto arrive = [&](std::size_t self) {
      return [&, self] {
        data[self] = 1;
        both.arrive_and_wait();
        require(data[1 - self] == 1, "the other thread has arrived");
      };
    };
    in_threads(arrive(0), arrive(1));
  };
  // Not two threads that acquire and release in turn: the semaphore of libstdc++ 12 reads the word
  // that it sleeps on before it tries to acquire, and misses a release if another thread acquires
  // and releases in between.
  const auto semaphore = [] {
    std::binary_semaphore available{0};
    int data = 0;
    in_threads(
        [&] {
          available.acquire();
          require(data == 1, "the data is seen after the release");
        },
        [&] {
          data = 1;
          available.release();
        });
  };
  CHECK(failure_of(latch, Memory::kCpp20) == "none");
  CHECK(failure_of(semaphore, Memory::kCpp20) == "none");
}

TEST_CASE("standard library: two owners of a std::shared_ptr") {
  const auto program = [] {
    auto owned = std::make_shared<int>(1);
    const auto use = [owner = owned]() mutable {
      require(*owner == 1, "it is alive");
      owner.reset();
    };
    owned.reset();
    in_threads(use, use);
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

TEST_CASE("standard waits: a reader-writer lock is misuse") {
  const auto program = [] {
    std::shared_mutex mutex;
    mutex.lock_shared();
    mutex.unlock_shared();
  };
  CHECK(failure_of(program, Memory::kCpp20) == "misuse");
}

}  // namespace
