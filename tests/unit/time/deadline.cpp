#include <mtaio/lowlevel/timer.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using mtaio::Timeout;
using mtaio::lowlevel::deadline_after;
using mtaio::lowlevel::TimePoint;

TEST_CASE("deadline: is now plus the timeout") {
  const TimePoint now{1000h};
  CHECK(deadline_after(now, 5s) == now + 5s);
  CHECK(deadline_after(now, 1ns) == now + 1ns);
}

TEST_CASE("deadline: of zero or less is now") {
  const TimePoint now{1000h};
  CHECK(deadline_after(now, 0s) == now);
  CHECK(deadline_after(now, -5s) == now);
  CHECK(deadline_after(now, std::chrono::hours::min()) == now);
}

TEST_CASE("deadline: beyond the clock's range is the clock's last moment") {
  const TimePoint now{1000h};
  CHECK(deadline_after(now, Timeout::forever()) == TimePoint::max());
  CHECK(deadline_after(now, std::chrono::nanoseconds::max() - 1ns) == TimePoint::max());
  CHECK(deadline_after(TimePoint::max() - 1ns, 1s) == TimePoint::max());
  CHECK(deadline_after(TimePoint::max(), 1s) == TimePoint::max());
  CHECK(deadline_after(TimePoint::max() - 2s, 1s) == TimePoint::max() - 1s);
}

}  // namespace
