/// Threads that wait for each other in loops.
#include "interleave/fairness.hpp"

#include <doctest/doctest.h>

namespace mtaio::testing::interleave {

namespace {

constexpr Actors kFirst = 0b001;
constexpr Actors kSecond = 0b010;
constexpr Actors kThird = 0b100;
constexpr Actors kAll = kFirst | kSecond | kThird;

const int some_site = 0;

}  // namespace

TEST_CASE("fairness: a thread that yields waits for a step of another") {
  Fairness fairness;
  fairness.begin();
  fairness.stepped(0, kAll);
  fairness.yielded(0, kAll);
  CHECK(fairness.allowed(kAll) == (kSecond | kThird));
  fairness.stepped(1, kAll);
  CHECK(fairness.allowed(kAll) == kAll);
}

TEST_CASE("fairness: a thread that yields alone goes on") {
  Fairness fairness;
  fairness.begin();
  fairness.yielded(0, kFirst);
  CHECK(fairness.allowed(kFirst) == kFirst);
}

TEST_CASE("fairness: two threads that yield in turn let the third go on") {
  Fairness fairness;
  fairness.begin();
  int steps = 0;
  for (int spinning = 0; (fairness.allowed(kAll) & (kFirst | kSecond)) != 0;
       spinning = 1 - spinning) {
    REQUIRE(++steps < 10);
    if (!contains(fairness.allowed(kAll), spinning)) continue;
    fairness.stepped(spinning, kAll);
    fairness.yielded(spinning, kAll);
  }
  CHECK(fairness.allowed(kAll) == kThird);
  fairness.stepped(2, kAll);
  CHECK((fairness.allowed(kAll) & (kFirst | kSecond)) != 0);
}

TEST_CASE("fairness: a thread does not wait for one that cannot go on") {
  Fairness fairness;
  fairness.begin();
  for (int i = 0; i < 3; ++i) {
    fairness.stepped(0, kAll);
    fairness.yielded(0, kAll);
    fairness.stepped(1, kAll);
  }
  CHECK_FALSE(contains(fairness.allowed(kAll), 0));
  CHECK(contains(fairness.allowed(kFirst | kSecond), 0));
}

TEST_CASE("spin watch: the third time that a value is read at a place, it is a loop") {
  SpinWatch watch;
  CHECK_FALSE(watch.read(&some_site, 8, 0));
  CHECK_FALSE(watch.read(&some_site, 8, 0));
  CHECK(watch.read(&some_site, 8, 0));
  CHECK_FALSE(watch.read(&some_site, 8, 0));
}

TEST_CASE("spin watch: another value, another address and progress begin anew") {
  SpinWatch watch;
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(watch.read(&some_site, 8, static_cast<std::uint64_t>(i)));
    CHECK_FALSE(watch.read(&some_site, static_cast<Address>(100 + i), 0));
  }
  CHECK_FALSE(watch.read(&some_site, 8, 0));
  watch.progress();
  CHECK_FALSE(watch.read(&some_site, 8, 0));
  CHECK_FALSE(watch.read(&some_site, 8, 0));
}

}  // namespace mtaio::testing::interleave
