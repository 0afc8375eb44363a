/// One place: all threads agree on the order of its stores.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using namespace litmus;

/// Checks a program with relaxed operations on one place in all memories: they differ in nothing.
void check_everywhere(const Program& program, const Outcomes& expected) {
  CHECK(outcomes_of(program, Memory::kCpp20) == expected);
  CHECK(outcomes_of(program, Memory::kX86) == expected);
  CHECK(outcomes_of(program, Memory::kSequential) == expected);
}

TEST_CASE("coherence: a second load does not see an older value") {
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        int r1 = 0;
        int r2 = 0;
        in_threads([&] { x.store(1, kRelaxed); },
                   [&] {
                     r1 = x.load(kRelaxed);
                     r2 = x.load(kRelaxed);
                   });
        return seen(r1, r2);
      },
      {"00", "01", "11"});
}

TEST_CASE("coherence: a thread's second store comes after its first") {
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        int r1 = 0;
        in_threads(
            [&] {
              x.store(1, kRelaxed);
              x.store(2, kRelaxed);
            },
            [&] { r1 = x.load(kRelaxed); });
        return seen(r1, x.load(kRelaxed));
      },
      {"02", "12", "22"});
}

TEST_CASE("coherence: a load after a store sees that store or a later one") {
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        int r1 = 0;
        in_threads(
            [&] {
              x.store(1, kRelaxed);
              r1 = x.load(kRelaxed);
            },
            [&] { x.store(2, kRelaxed); });
        return seen(r1, x.load(kRelaxed));
      },
      {"11", "12", "22"});
}

TEST_CASE("coherence: a store comes after what its thread has read") {
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        int r1 = 0;
        in_threads(
            [&] {
              r1 = x.load(kRelaxed);
              x.store(1, kRelaxed);
            },
            [&] { x.store(2, kRelaxed); });
        return seen(r1, x.load(kRelaxed));
      },
      {"01", "02", "21"});
}

TEST_CASE("coherence: two threads see two stores in the same order") {
  const Program program = [] {
    std::atomic<int> x{0};
    int a1 = 0;
    int a2 = 0;
    int b1 = 0;
    int b2 = 0;
    in_threads([&] { x.store(1, kRelaxed); }, [&] { x.store(2, kRelaxed); },
               [&] {
                 a1 = x.load(kRelaxed);
                 a2 = x.load(kRelaxed);
               },
               [&] {
                 b1 = x.load(kRelaxed);
                 b2 = x.load(kRelaxed);
               });
    return seen(a1, a2, b1, b2);
  };
  for (const Memory memory : {Memory::kCpp20, Memory::kX86}) {
    const Outcomes found = outcomes_of(program, memory);
    CHECK(found.contains("1212"));
    CHECK(found.contains("2121"));
    CHECK_FALSE(found.contains("1221"));
    CHECK_FALSE(found.contains("2112"));
    // Each thread alone sees any order, and never goes back to 0.
    CHECK(found.size() == 47);
  }
}

TEST_CASE("coherence: exchanges read the store before their own") {
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        int r1 = 0;
        int r2 = 0;
        in_threads([&] { r1 = x.exchange(1, kRelaxed); }, [&] { r2 = x.exchange(2, kRelaxed); });
        return seen(r1, r2, x.load(kRelaxed));
      },
      {"012", "201"});
}

TEST_CASE("coherence: no increment is lost") {
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        const auto add_twice = [&] {
          x.fetch_add(1, kRelaxed);
          x.fetch_add(1, kRelaxed);
        };
        in_threads(add_twice, add_twice);
        return seen(x.load(kRelaxed));
      },
      {"4"});
}

TEST_CASE("coherence: one of two compare-exchanges fails, and sees why") {
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        int r1 = 0;
        int r2 = 0;
        in_threads([&] { x.compare_exchange_strong(r1, 1, kRelaxed); },
                   [&] { x.compare_exchange_strong(r2, 2, kRelaxed); });
        return seen(r1, r2, x.load(kRelaxed));
      },
      {"011", "202"});
}

TEST_CASE("coherence: a store may come before one that has been executed earlier") {
  // The increment reads what comes directly before it. The store of 5 may come before or after.
  check_everywhere(
      [] {
        std::atomic<int> x{0};
        int r1 = 0;
        in_threads([&] { r1 = x.fetch_add(1, kRelaxed); }, [&] { x.store(5, kRelaxed); });
        return seen(r1, x.load(kRelaxed));
      },
      {"05", "56"});
}

}  // namespace
