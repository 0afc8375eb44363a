/// A failure is found, told and run again.
#include <mtaio/interleave/check.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

namespace interleave = mtaio::testing::interleave;
using interleave::FailureKind;
using interleave::Options;
using interleave::Strategy;

namespace {

/// Two threads count with a load and a store; rarely, both load before either stores.
void count_twice() {
  std::atomic<int> counter{0};
  const auto count = [&] {
    const int old = counter.load();
    interleave::note("between load and store");
    counter.store(old + 1);
  };
  std::thread other{count};
  count();
  other.join();
  interleave::require(counter.load() == 2, "both have counted");
}

}  // namespace

TEST_CASE("replay: the string of a failure runs the same interleaving again") {
  for (const Strategy strategy : {Strategy::kExhaustive, Strategy::kRandom, Strategy::kPct}) {
    Options options{.strategy = strategy};
    const auto found = interleave::check(count_twice, options);
    REQUIRE(found.failure);
    CHECK(found.failure->kind == FailureKind::kAssertion);
    CHECK_FALSE(found.failure->replay.empty());
    options.replay = found.failure->replay;
    const auto again = interleave::check(count_twice, options);
    REQUIRE(again.failure);
    CHECK(again.executions == 1);
    CHECK(again.failure->what == found.failure->what);
    CHECK(again.failure->story == found.failure->story);
  }
}

TEST_CASE("replay: stores that the strategy left out of a choice are left out again") {
  // Partial-order reduction leaves out old stores that are read in other interleavings.
  const auto program = [] {
    std::atomic<int> first{0};
    std::atomic<int> second{0};
    std::thread other{[&] {
      first.store(1, std::memory_order_relaxed);
      first.store(2, std::memory_order_relaxed);
      second.store(1, std::memory_order_relaxed);
    }};
    const int seen = first.load(std::memory_order_relaxed);
    const bool before = second.load(std::memory_order_relaxed) == 1;
    const int after = first.load(std::memory_order_relaxed);
    other.join();
    interleave::require(seen != 0 || !before || after != 1, "the latest is seen");
  };
  const auto found = interleave::check(program);
  REQUIRE(found.failure);
  const auto again = interleave::check(program, {.replay = found.failure->replay});
  REQUIRE(again.failure);
  CHECK(again.failure->story == found.failure->story);
}

TEST_CASE("replay: the story names threads, operations, values and places") {
  const auto report = interleave::check(count_twice);
  REQUIRE(report.failure);
  const std::string& story = report.failure->story;
  for (const char* const part :
       {"thread 0", "thread 1", "starts thread 1", "load a seq_cst reads 0",
        "store a seq_cst writes 1", "between load and store", "joins thread 1",
        "engine/replay.cpp:", "a is in the stack of thread 0"})
    CHECK_MESSAGE(story.find(part) != std::string::npos, part << " is not in:\n" << story);
  CHECK(report.failure->what.find("both have counted") != std::string::npos);
}

TEST_CASE("replay: a program without failures is explored until there are no more interleavings") {
  const auto report = interleave::check([] {
    std::atomic<int> counter{0};
    std::thread other{[&] { ++counter; }};
    ++counter;
    other.join();
    interleave::require(counter.load() == 2, "both have counted");
  });
  CHECK_FALSE(report.failure);
  CHECK(report.complete);
  CHECK(report.executions == 2);
}
