#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/platform/thread_id.hpp>

#include "support/stride.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using mtaio::internal::ThreadEvent;
using mtaio::lowlevel::SpinLock;

TEST_CASE("lock: held by one thread at a time") {
  SpinLock lock;
  int count = 0;  // plain, so that ThreadSanitizer sees a missing edge
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20'000; ++j) {
        const std::scoped_lock guard{lock};
        ++count;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(count == 80'000);
}

TEST_CASE("lock: try_lock() does not wait") {
  SpinLock lock;
  CHECK(lock.try_lock());
  CHECK_FALSE(lock.try_lock());
  lock.unlock();
  CHECK(lock.try_lock());
  lock.unlock();
}

TEST_CASE("lock: a thread that had to sleep for it gets it") {
  SpinLock lock;
  int value = 0;
  lock.lock();
  std::thread other{[&] {
    const std::scoped_lock guard{lock};
    value = value * 10 + 2;
  }};
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  value = 1;
  lock.unlock();
  other.join();
  CHECK(value == 12);
}

TEST_CASE("lock: a thread that takes it all the time does not keep others out") {
  SpinLock lock;
  std::atomic<int> rounds = 0;
  std::thread other{[&] {
    for (; rounds < 200; ++rounds) {
      const std::scoped_lock guard{lock};
    }
  }};
  while (rounds < 200) {
    const std::scoped_lock guard{lock};
  }
  other.join();
}

TEST_CASE("lock: its last holder may destroy it immediately") {
  for (std::uint32_t round = 0; round < 2000 / test::stride(); ++round) {
    auto lock = std::make_unique<SpinLock>();
    bool done = false;
    std::thread other{[&lock_ref = *lock, &done] {
      const std::scoped_lock guard{lock_ref};
      done = true;
    }};
    for (bool seen = false; !seen;) {
      const std::scoped_lock guard{*lock};
      seen = done;
    }
    lock.reset();
    other.join();
  }
}

TEST_CASE("event: the waiter sees the writes before it was set, and may destroy it") {
  for (int round = 0; round < 1000; ++round) {
    auto event = std::make_unique<ThreadEvent>();
    int value = 0;
    CHECK_FALSE(event->is_set());
    std::thread setter{[&event_ref = *event, &value] {
      value = 42;
      event_ref.set();
    }};
    event->wait();
    CHECK(value == 42);
    CHECK(event->is_set());
    event.reset();
    setter.join();
  }
}

TEST_CASE("thread mark: is the same on one thread and another on another that lives") {
  const void* here = mtaio::internal::this_thread_id();
  CHECK(here == mtaio::internal::this_thread_id());
  const void* there = nullptr;
  std::thread{[&there] { there = mtaio::internal::this_thread_id(); }}.join();
  CHECK(here != there);
}

}  // namespace
