/// Races on plain memory, by the detector itself.
#include "interleave/shadow.hpp"

#include <doctest/doctest.h>

namespace mtaio::testing::interleave {

namespace {

constexpr Address kPlace = 0x10000;

/// Threads whose clocks are set by hand.
class Threads {
 public:
  Threads() {
    shadow.begin();
    for (int thread = 0; thread < kMostThreads; ++thread) clock(thread).tick(thread);
  }
  bool races(int thread, AccessKind kind, Address address = kPlace, std::size_t size = 4) {
    return shadow.access(thread, clock(thread), address, size, kind, nullptr).has_value();
  }
  /// What `first` has done until now happens before what `second` does from now on.
  void synchronize(int first, int second) {
    clock(second).join(clock(first));
    clock(first).tick(first);
  }

  Shadow shadow;

 private:
  Clock& clock(int thread) { return clocks_[thread]; }
  Clock clocks_[kMostThreads];
};

}  // namespace

TEST_CASE("shadow: which unordered accesses race") {
  using enum AccessKind;
  const auto race = [](AccessKind first, AccessKind second) {
    Threads threads;
    CHECK_FALSE(threads.races(0, first));
    return threads.races(1, second);
  };
  CHECK(race(kPlainWrite, kPlainWrite));
  CHECK(race(kPlainWrite, kPlainRead));
  CHECK(race(kPlainRead, kPlainWrite));
  CHECK_FALSE(race(kPlainRead, kPlainRead));
  CHECK(race(kAtomicWrite, kPlainRead));
  CHECK(race(kAtomicWrite, kPlainWrite));
  CHECK(race(kAtomicRead, kPlainWrite));
  CHECK_FALSE(race(kAtomicRead, kPlainRead));
  CHECK_FALSE(race(kAtomicWrite, kAtomicWrite));
  CHECK_FALSE(race(kAtomicRead, kAtomicWrite));
}

TEST_CASE("shadow: ordered accesses do not race") {
  Threads threads;
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite));
  threads.synchronize(0, 1);
  CHECK_FALSE(threads.races(1, AccessKind::kPlainWrite));
  CHECK(threads.races(0, AccessKind::kPlainRead));
}

TEST_CASE("shadow: a write after the release is not ordered by it") {
  Threads threads;
  threads.synchronize(0, 1);
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite));
  CHECK(threads.races(1, AccessKind::kPlainRead));
}

TEST_CASE("shadow: neighbouring bytes do not race") {
  Threads threads;
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite, kPlace, 1));
  CHECK_FALSE(threads.races(1, AccessKind::kPlainWrite, kPlace + 1, 1));
  CHECK(threads.races(2, AccessKind::kPlainRead, kPlace, 2));
}

TEST_CASE("shadow: an access may reach over several granules") {
  Threads threads;
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite, kPlace + 30, 1));
  CHECK(threads.races(1, AccessKind::kPlainRead, kPlace + 5, 40));
  Threads others;
  CHECK_FALSE(others.races(0, AccessKind::kPlainWrite, kPlace + 5, 40));
  CHECK_FALSE(others.races(1, AccessKind::kPlainRead, kPlace + 4, 1));
  CHECK_FALSE(others.races(1, AccessKind::kPlainRead, kPlace + 45, 1));
  CHECK(others.races(1, AccessKind::kPlainRead, kPlace + 44, 1));
}

TEST_CASE("shadow: of many readers, none is forgotten") {
  for (int ordered = 0; ordered < 10; ++ordered) {
    Threads threads;
    for (int reader = 0; reader < 10; ++reader)
      CHECK_FALSE(threads.races(reader, AccessKind::kPlainRead));
    for (int reader = 0; reader < 10; ++reader)
      if (reader != ordered) threads.synchronize(reader, 10);
    CHECK(threads.races(10, AccessKind::kPlainWrite));
  }
}

TEST_CASE("shadow: a read does not hide the write before it") {
  Threads threads;
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite));
  CHECK_FALSE(threads.races(0, AccessKind::kPlainRead));
  CHECK(threads.races(1, AccessKind::kPlainRead));
}

TEST_CASE("shadow: knows where atomic objects are") {
  Threads threads;
  CHECK_FALSE(threads.shadow.has_atomics(kPlace, 8));
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite));
  CHECK_FALSE(threads.races(0, AccessKind::kAtomicRead));
  CHECK(threads.shadow.has_atomics(kPlace, 8));
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite));
  CHECK_FALSE(threads.shadow.has_atomics(kPlace, 8));
}

TEST_CASE("shadow: a new execution knows of no access") {
  Threads threads;
  CHECK_FALSE(threads.races(0, AccessKind::kPlainWrite));
  threads.shadow.begin();
  CHECK_FALSE(threads.races(1, AccessKind::kPlainWrite));
}

}  // namespace mtaio::testing::interleave
