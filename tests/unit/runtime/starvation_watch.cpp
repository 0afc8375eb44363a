/// The check of debug builds for jobs that never get their turn.
#include "runtime/starvation_watch.hpp"

#include <doctest/doctest.h>

using mtaio::runtime::StarvationWatch;

TEST_CASE("starvation watch: an item that is not taken for 10,000 turns is overdue") {
  StarvationWatch watch;
  CHECK(watch.look(0, 5, 6, 4));
  CHECK(watch.look(10'000, 5, 6, 4));
  CHECK_FALSE(watch.look(10'005, 5, 6, 4));
}

TEST_CASE("starvation watch: an item behind many others may wait for them") {
  StarvationWatch watch;
  CHECK(watch.look(0, 0, 1'000'000, 4));
  CHECK(watch.look(3'000'000, 999'000, 2'000'000, 4));
  CHECK_FALSE(watch.look(5'000'000, 999'000, 2'000'000, 4));
}

TEST_CASE("starvation watch: a queue that moves is fine, and so is an empty one") {
  StarvationWatch watch;
  for (unsigned turn = 0; turn < 1'000'000; turn += 32) {
    REQUIRE(watch.look(turn, turn, turn + 10, 4));
  }
  CHECK(watch.look(1'000'000, 2'000'000, 2'000'000, 4));
  CHECK(watch.look(9'000'000, 2'000'000, 2'000'000, 4));
  CHECK(watch.look(9'000'001, 2'000'000, 2'000'001, 4));
  CHECK(watch.look(9'010'000, 2'000'000, 2'000'001, 4));
}
