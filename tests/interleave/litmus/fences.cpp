/// Fences in place of orders, and the two halves of an asymmetric fence.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

using namespace litmus;

void fence(Order order) { std::atomic_thread_fence(order); }

TEST_CASE("fences: a release fence and an acquire fence pass a message") {
  const auto program = [](Order writer, Order reader) -> Program {
    return [=] {
      std::atomic<int> x{0};
      std::atomic<int> y{0};
      int r1 = 0;
      int r2 = 0;
      in_threads(
          [&] {
            x.store(1, kRelaxed);
            fence(writer);
            y.store(1, kRelaxed);
          },
          [&] {
            r1 = y.load(kRelaxed);
            fence(reader);
            r2 = x.load(kRelaxed);
          });
      return seen(r1, r2);
    };
  };
  const Outcomes ordered{"00", "01", "11"};
  const Outcomes all{"00", "01", "10", "11"};
  CHECK(outcomes_of(program(kRelease, kAcquire), Memory::kCpp20) == ordered);
  CHECK(outcomes_of(program(kAcqRel, kAcqRel), Memory::kCpp20) == ordered);
  CHECK(outcomes_of(program(kSeqCst, kSeqCst), Memory::kCpp20) == ordered);
  CHECK(outcomes_of(program(kAcquire, kAcquire), Memory::kCpp20) == all);
  CHECK(outcomes_of(program(kRelease, kRelease), Memory::kCpp20) == all);
}

TEST_CASE("fences: a fence pairs with an order") {
  const Outcomes ordered{"00", "01", "11"};
  const Program fence_and_acquire = [] {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    int r1 = 0;
    int r2 = 0;
    in_threads(
        [&] {
          x.store(1, kRelaxed);
          fence(kRelease);
          y.store(1, kRelaxed);
        },
        [&] {
          r1 = y.load(kAcquire);
          r2 = x.load(kRelaxed);
        });
    return seen(r1, r2);
  };
  const Program release_and_fence = [] {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    int r1 = 0;
    int r2 = 0;
    in_threads(
        [&] {
          x.store(1, kRelaxed);
          y.store(1, kRelease);
        },
        [&] {
          r1 = y.load(kRelaxed);
          fence(kAcquire);
          r2 = x.load(kRelaxed);
        });
    return seen(r1, r2);
  };
  CHECK(outcomes_of(fence_and_acquire, Memory::kCpp20) == ordered);
  CHECK(outcomes_of(release_and_fence, Memory::kCpp20) == ordered);
}

/// Two threads that each write one place and then read the other's.
template <class First, class Second>
Program store_buffering(First first, Second second) {
  return [=] {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    int r1 = 0;
    int r2 = 0;
    in_threads(
        [&] {
          x.store(1, kRelaxed);
          first();
          r1 = y.load(kRelaxed);
        },
        [&] {
          y.store(1, kRelaxed);
          second();
          r2 = x.load(kRelaxed);
        });
    return seen(r1, r2);
  };
}

const Outcomes sequential{"01", "10", "11"};
const Outcomes all{"00", "01", "10", "11"};

TEST_CASE("fences: full ones are needed on both sides of store buffering") {
  const auto full = [] { fence(kSeqCst); };
  const auto half = [] { fence(kAcqRel); };
  const auto none = [] {};
  for (const Memory memory : {Memory::kCpp20, Memory::kX86}) {
    CHECK(outcomes_of(store_buffering(full, full), memory) == sequential);
    CHECK(outcomes_of(store_buffering(full, half), memory) == all);
    CHECK(outcomes_of(store_buffering(half, half), memory) == all);
    CHECK(outcomes_of(store_buffering(full, none), memory) == all);
  }
}

TEST_CASE("fences: membarrier() makes a fence for the compiler a full one") {
  const auto light = [] { std::atomic_signal_fence(kSeqCst); };
  const auto heavy = [] { syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0); };
  for (const Memory memory : {Memory::kCpp20, Memory::kX86}) {
    CHECK(outcomes_of(store_buffering(light, heavy), memory) == sequential);
    CHECK(outcomes_of(store_buffering(heavy, heavy), memory) == sequential);
    CHECK(outcomes_of(store_buffering(light, light), memory) == all);
  }
}

TEST_CASE("fences: two readers with full fences agree on the order of two writes") {
  const auto program = [](Order order) -> Program {
    return [=] {
      std::atomic<int> x{0};
      std::atomic<int> y{0};
      int a1 = 0;
      int a2 = 0;
      int b1 = 0;
      int b2 = 0;
      in_threads([&] { x.store(1, kRelaxed); }, [&] { y.store(1, kRelaxed); },
                 [&] {
                   a1 = x.load(kRelaxed);
                   fence(order);
                   a2 = y.load(kRelaxed);
                 },
                 [&] {
                   b1 = y.load(kRelaxed);
                   fence(order);
                   b2 = x.load(kRelaxed);
                 });
      return seen(a1, a2, b1, b2);
    };
  };
  CHECK_FALSE(outcomes_of(program(kSeqCst), Memory::kCpp20).contains("1010"));
  CHECK(outcomes_of(program(kAcqRel), Memory::kCpp20).contains("1010"));
}

TEST_CASE("fences: a full fence between relaxed operations beside sequentially consistent ones") {
  // The fence comes before or after the other thread's store in the one order of all of them.
  const Program program = [] {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    int r1 = 0;
    int r2 = 0;
    in_threads(
        [&] {
          x.store(1, kRelaxed);
          fence(kSeqCst);
          r1 = y.load(kRelaxed);
        },
        [&] {
          y.store(1, kSeqCst);
          r2 = x.load(kSeqCst);
        });
    return seen(r1, r2);
  };
  CHECK(outcomes_of(program, Memory::kCpp20) == sequential);
}

}  // namespace
