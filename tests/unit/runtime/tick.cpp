/// When a worker does its rare work.
#include "runtime/tick.hpp"

#include <doctest/doctest.h>

namespace {

using mtaio::runtime::Tick;

TEST_CASE("Tick: fan-outs and ready jobs take turns, and what is rare comes in its turn") {
  Tick tick;
  for (std::uint32_t count = 1; count <= 4 * Tick::kBetweenOldest; ++count) {
    tick.advance();
    CAPTURE(count);
    CHECK(tick.is_for_fan_outs() == (count % 2 == 0));
    CHECK(tick.is_for_look() == (count % 32 == 0));
    CHECK(tick.is_for_oldest() == (count % 1024 == 0));
    CHECK(tick.is_for_stealing() == (count % 1024 == 512));
    // What is rare happens at a look.
    CHECK((tick.is_for_look() || !(tick.is_for_oldest() || tick.is_for_stealing())));
  }
}

}  // namespace
