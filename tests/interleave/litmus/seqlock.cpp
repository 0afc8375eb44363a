/// A sequence lock: readers copy the data and look afterwards whether a writer was there (Boehm
/// 2012).
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

namespace {

using namespace litmus;
using mtaio::testing::interleave::require;

struct Orders {
  Order writer_fence = kRelease;
  Order reader_fence = kAcquire;
  Order last_store = kRelease;
  Order first_load = kAcquire;
};

void fence(Order order) {
  if (order != kRelaxed) std::atomic_thread_fence(order);
}

std::function<void()> seqlock(Orders orders) {
  return [=] {
    std::atomic<int> sequence{0};
    std::atomic<int> first{0};
    std::atomic<int> second{0};
    in_threads(
        [&] {
          sequence.store(1, kRelaxed);
          fence(orders.writer_fence);
          first.store(1, kRelaxed);
          second.store(1, kRelaxed);
          sequence.store(2, orders.last_store);
        },
        [&] {
          const int before = sequence.load(orders.first_load);
          const int a = first.load(kRelaxed);
          const int b = second.load(kRelaxed);
          fence(orders.reader_fence);
          const bool valid = before % 2 == 0 && sequence.load(kRelaxed) == before;
          if (valid) require(a == b, "the reader has both values from the same write");
        });
  };
}

TEST_CASE("sequence lock: each of its four orders is needed") {
  CHECK(failure_of(seqlock({}), Memory::kCpp20) == "none");
  CHECK(failure_of(seqlock({.writer_fence = kRelaxed}), Memory::kCpp20) == "failed assertion");
  CHECK(failure_of(seqlock({.reader_fence = kRelaxed}), Memory::kCpp20) == "failed assertion");
  CHECK(failure_of(seqlock({.last_store = kRelaxed}), Memory::kCpp20) == "failed assertion");
  CHECK(failure_of(seqlock({.first_load = kRelaxed}), Memory::kCpp20) == "failed assertion");
  const Orders none{kRelaxed, kRelaxed, kRelaxed, kRelaxed};
  CHECK(failure_of(seqlock(none), Memory::kX86) == "none");
}

TEST_CASE("sequence lock: with plain data it has a data race") {
  const auto program = [] {
    std::atomic<int> sequence{0};
    int data = 0;
    int copy = 0;
    in_threads(
        [&] {
          sequence.store(1, kSeqCst);
          data = 1;
          sequence.store(2, kSeqCst);
        },
        [&] {
          if (sequence.load(kSeqCst) == 0) copy = data;
        });
  };
  CHECK(failure_of(program, Memory::kCpp20) == "data race");
}

}  // namespace
