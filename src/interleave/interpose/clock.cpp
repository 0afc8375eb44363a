/// Virtual time: every clock of the program shows the same.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/real.hpp"
#include "interleave/interpose/timestamp.hpp"
#include "interleave/world.hpp"

#include <time.h>  // NOLINT(*-deprecated-headers): <ctime> does not declare clock_nanosleep
#include <unistd.h>

using namespace mtaio::testing::interleave;

MTAIO_EXPORT int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (!active()) return MTAIO_REAL(clock_gettime)(clock, time);
  *time = timespec_of(now());
  return 0;
}

MTAIO_EXPORT int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  if (!active()) return MTAIO_REAL(clock_nanosleep)(clock, flags, time, left);
  sleep_until(nanoseconds_of(*time) + ((flags & TIMER_ABSTIME) != 0 ? 0 : now()), MTAIO_SITE);
  return 0;
}

MTAIO_EXPORT int nanosleep(const timespec* time, timespec* left) {
  if (!active()) return MTAIO_REAL(nanosleep)(time, left);
  sleep_until(now() + nanoseconds_of(*time), MTAIO_SITE);
  return 0;
}

MTAIO_EXPORT int usleep(useconds_t microseconds) {
  if (!active()) return MTAIO_REAL(usleep)(microseconds);
  sleep_until(now() + std::int64_t{microseconds} * 1000, MTAIO_SITE);
  return 0;
}
