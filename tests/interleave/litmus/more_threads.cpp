/// Three and four threads: is what one thread has seen of another visible to a third?
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

namespace {

using namespace litmus;

/// Two threads write a place each; two others read both places, in opposite orders.
Program independent_reads(Order write, Order read) {
  return [=] {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    int a1 = 0;
    int a2 = 0;
    int b1 = 0;
    int b2 = 0;
    in_threads([&] { x.store(1, write); }, [&] { y.store(1, write); },
               [&] {
                 a1 = x.load(read);
                 a2 = y.load(read);
               },
               [&] {
                 b1 = y.load(read);
                 b2 = x.load(read);
               });
    return seen(a1, a2, b1, b2);
  };
}

TEST_CASE(
    "independent reads of independent writes: readers disagree on the order of two writes "
    "unless all is sequentially consistent") {
  const std::string disagreement = "1010";
  const auto check = [&](Order write, Order read, Memory memory, bool may_disagree) {
    const Outcomes found = outcomes_of(independent_reads(write, read), memory);
    CHECK(found.contains(disagreement) == may_disagree);
    CHECK(found.size() == (may_disagree ? 16 : 15));
  };
  check(kRelease, kAcquire, Memory::kCpp20, true);
  check(kRelaxed, kRelaxed, Memory::kCpp20, true);
  check(kSeqCst, kAcquire, Memory::kCpp20, true);
  check(kSeqCst, kSeqCst, Memory::kCpp20, false);
  // Loads alone are enough, since C++20.
  check(kRelease, kSeqCst, Memory::kCpp20, false);
  check(kRelaxed, kRelaxed, Memory::kX86, false);
}

TEST_CASE(
    "write to read causality: what a thread has read is visible to the thread it releases "
    "to") {
  const auto program = [](Order write, Order read) -> Program {
    return [=] {
      std::atomic<int> x{0};
      std::atomic<int> y{0};
      int r1 = 0;
      int r2 = 0;
      int r3 = 0;
      in_threads([&] { x.store(1, kRelaxed); },
                 [&] {
                   r1 = x.load(kRelaxed);
                   y.store(1, write);
                 },
                 [&] {
                   r2 = y.load(read);
                   r3 = x.load(kRelaxed);
                 });
      return seen(r1, r2, r3);
    };
  };
  const Outcomes ordered = outcomes_of(program(kRelease, kAcquire), Memory::kCpp20);
  CHECK_FALSE(ordered.contains("110"));
  CHECK(ordered.size() == 7);
  CHECK(outcomes_of(program(kRelaxed, kRelaxed), Memory::kCpp20).contains("110"));
  CHECK_FALSE(outcomes_of(program(kRelaxed, kRelaxed), Memory::kX86).contains("110"));
}

TEST_CASE("read to write causality: a thread that has seen a store may miss an older one") {
  const auto program = [](Order write, Order read) -> Program {
    return [=] {
      std::atomic<int> x{0};
      std::atomic<int> y{0};
      int r1 = 0;
      int r2 = 0;
      int r3 = 0;
      in_threads([&] { x.store(1, write); },
                 [&] {
                   r1 = x.load(read);
                   r2 = y.load(read);
                 },
                 [&] {
                   y.store(1, write);
                   r3 = x.load(read);
                 });
      return seen(r1, r2, r3);
    };
  };
  CHECK(outcomes_of(program(kRelease, kAcquire), Memory::kCpp20).contains("100"));
  CHECK(outcomes_of(program(kRelaxed, kRelaxed), Memory::kX86).contains("100"));
  CHECK_FALSE(outcomes_of(program(kSeqCst, kSeqCst), Memory::kCpp20).contains("100"));
  CHECK_FALSE(outcomes_of(program(kSeqCst, kSeqCst), Memory::kX86).contains("100"));
}

TEST_CASE("release sequence: a later relaxed store of the same thread is not part of it") {
  // It was until C++17.
  const Program program = [] {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    int r1 = 0;
    int r2 = 0;
    in_threads(
        [&] {
          x.store(1, kRelaxed);
          y.store(1, kRelease);
          y.store(2, kRelaxed);
        },
        [&] {
          r1 = y.load(kAcquire);
          r2 = x.load(kRelaxed);
        });
    return seen(r1, r2);
  };
  CHECK(outcomes_of(program, Memory::kCpp20) == Outcomes{"00", "01", "11", "20", "21"});
  CHECK(outcomes_of(program, Memory::kX86) == Outcomes{"00", "01", "11", "21"});
}

TEST_CASE("release sequence: an exchange by another thread is part of it, though relaxed") {
  const auto program = [](bool exchanges) -> Program {
    return [=] {
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
            if (exchanges) {
              int expected = 1;
              y.compare_exchange_strong(expected, 2, kRelaxed);
            } else if (y.load(kRelaxed) == 1) {
              y.store(2, kRelaxed);
            }
          },
          [&] {
            r1 = y.load(kAcquire);
            r2 = x.load(kRelaxed);
          });
      return seen(r1, r2);
    };
  };
  CHECK(outcomes_of(program(true), Memory::kCpp20) == Outcomes{"00", "01", "11", "21"});
  CHECK(outcomes_of(program(false), Memory::kCpp20) == Outcomes{"00", "01", "11", "20", "21"});
}

}  // namespace
