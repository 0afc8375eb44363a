#include <mtaio/base/ref_count.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <thread>
#include <vector>

using mtaio::internal::RefCount;

namespace {

TEST_CASE("reference count: the last release is told so, and no other") {
  RefCount count;
  count.retain();
  CHECK_FALSE(count.release());
  CHECK(count.release());
}

TEST_CASE("reference count: it may be set while the object has one owner") {
  RefCount count;
  count.set(2);
  CHECK_FALSE(count.release());
  CHECK(count.release());
}

TEST_CASE("reference count: the last owner sees what each owner did before its release") {
  constexpr std::size_t kThreads = 4;
  struct Slots {
    RefCount owners;
    std::vector<std::size_t> values = std::vector<std::size_t>(kThreads);
    std::size_t sum = 0;
    void release() {
      if (!owners.release()) return;
      for (const std::size_t value : values) sum += value;
    }
  };
  for (int round = 0; round < 100; ++round) {
    Slots slots;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      slots.owners.retain();
      threads.emplace_back([&slots, i] {
        slots.values[i] = i + 1;
        slots.release();
      });
    }
    slots.release();
    for (std::thread& thread : threads) thread.join();
    CHECK(slots.sum == 10);
  }
}

}  // namespace
