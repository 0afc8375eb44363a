/// How many workers sleep and search.
#include <mtaio/coro/idle_counts.hpp>

#include <doctest/doctest.h>

namespace {

using mtaio::internal::IdleCounts;

TEST_CASE("IdleCounts: a worker is woken if one sleeps and none searches") {
  IdleCounts counts;
  CHECK(!counts.should_notify());
  counts.add_sleeping(2);
  CHECK(counts.should_notify());
  CHECK(counts.sleeping() == 2);
  counts.wake_up();  // one sleeps, one searches
  CHECK(!counts.should_notify());
  CHECK(counts.sleeping() == 1);
  counts.end_search();
  CHECK(counts.should_notify());
  CHECK(counts.sleeping() == 1);
}

TEST_CASE("IdleCounts: each worker that falls asleep or searches is counted once") {
  IdleCounts counts;
  counts.begin_search();
  CHECK(!counts.should_notify());
  CHECK(counts.sleeping() == 0);
  counts.fall_asleep(true);
  CHECK(counts.should_notify());
  CHECK(counts.sleeping() == 1);
  counts.fall_asleep(false);
  CHECK(counts.should_notify());
  CHECK(counts.sleeping() == 2);
  counts.begin_search();
  counts.begin_search();
  counts.end_search();
  CHECK(!counts.should_notify());
  counts.end_search();
  CHECK(counts.should_notify());
  counts.wake_up();
  counts.wake_up();
  CHECK(counts.sleeping() == 0);
  counts.end_search();
  counts.end_search();
  CHECK(!counts.should_notify());
  CHECK(counts.sleeping() == 0);
}

}  // namespace
