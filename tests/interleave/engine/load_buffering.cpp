/// Loads that read stores which are executed later.
#include <mtaio/interleave/check.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>

namespace interleave = mtaio::testing::interleave;

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kSeqCst = std::memory_order_seq_cst;

using Outcomes = std::set<std::string>;

struct Variables {
  std::atomic<int> x{0};
  std::atomic<int> y{0};
};

/// What the two functions have returned.
Outcomes outcomes_of(const std::function<int(Variables&)>& first,
                     const std::function<int(Variables&)>& second) {
  return interleave::outcomes(
      [&] {
        Variables variables;
        int one = 0;
        std::thread thread{[&] { one = first(variables); }};
        const int two = second(variables);
        thread.join();
        return std::to_string(one) + std::to_string(two);
      },
      {.load_buffering = true});
}

/// Each thread loads one variable, then stores the other.
Outcomes load_buffering(std::memory_order load1, std::memory_order store1, std::memory_order load2,
                        std::memory_order store2) {
  return outcomes_of(
      [=](Variables& v) {
        const int seen = v.x.load(load1);
        v.y.store(1, store1);
        return seen;
      },
      [=](Variables& v) {
        const int seen = v.y.load(load2);
        v.x.store(1, store2);
        return seen;
      });
}

}  // namespace

TEST_CASE(
    "load buffering: both loads may read the later stores, unless one acquires from a release") {
  const auto both = [](auto... orders) { return load_buffering(orders...).contains("11"); };
  CHECK(both(kRelaxed, kRelaxed, kRelaxed, kRelaxed));
  CHECK(both(kAcquire, kRelaxed, kAcquire, kRelaxed));
  CHECK(both(kRelaxed, kRelease, kRelaxed, kRelease));
  CHECK_FALSE(both(kAcquire, kRelaxed, kRelaxed, kRelease));
  CHECK_FALSE(both(kRelaxed, kRelease, kAcquire, kRelaxed));
  CHECK_FALSE(both(kAcquire, kRelease, kAcquire, kRelease));
  CHECK_FALSE(both(kSeqCst, kSeqCst, kSeqCst, kSeqCst));
}

TEST_CASE("load buffering: the other outcomes stay") {
  CHECK(load_buffering(kRelaxed, kRelaxed, kRelaxed, kRelaxed) == Outcomes{"00", "01", "10", "11"});
  CHECK(load_buffering(kSeqCst, kSeqCst, kSeqCst, kSeqCst) == Outcomes{"00", "01", "10"});
}

TEST_CASE("load buffering: fences order the load before the store") {
  const auto thread = [](std::atomic<int>& from, std::atomic<int>& to) {
    const int seen = from.load(kRelaxed);
    std::atomic_thread_fence(std::memory_order_acq_rel);
    to.store(1, kRelaxed);
    return seen;
  };
  CHECK_FALSE(outcomes_of([=](Variables& v) { return thread(v.x, v.y); },
                          [=](Variables& v) { return thread(v.y, v.x); })
                  .contains("11"));
}

TEST_CASE("load buffering: no value comes out of thin air") {
  const auto copy = [](std::atomic<int>& from, std::atomic<int>& to) {
    const int seen = from.load(kRelaxed);
    to.store(seen, kRelaxed);
    return seen;
  };
  CHECK(outcomes_of([=](Variables& v) { return copy(v.x, v.y); },
                    [=](Variables& v) { return copy(v.y, v.x); }) == Outcomes{"00"});
  // One of the two stores what it would store anyway.
  CHECK(outcomes_of([=](Variables& v) { return copy(v.x, v.y); },
                    [=](Variables& v) {
                      const int seen = v.y.load(kRelaxed);
                      v.x.store(1, kRelaxed);
                      return seen;
                    }) == Outcomes{"00", "10", "11"});
}

TEST_CASE("load buffering: a thread does not read its own later store, nor around a circle") {
  const auto load_then_store = [](std::atomic<int>& variable, int value) {
    const int seen = variable.load(kRelaxed);
    variable.store(value, kRelaxed);
    return seen;
  };
  CHECK(outcomes_of([=](Variables& v) { return load_then_store(v.x, 1); },
                    [=](Variables& v) { return load_then_store(v.x, 2); }) ==
        Outcomes{"00", "01", "20"});
}

TEST_CASE("load buffering: is not looked for unless asked for") {
  const Outcomes outcomes = interleave::outcomes([] {
    Variables v;
    int one = 0;
    std::thread thread{[&] {
      one = v.x.load(kRelaxed);
      v.y.store(1, kRelaxed);
    }};
    const int two = v.y.load(kRelaxed);
    v.x.store(1, kRelaxed);
    thread.join();
    return std::to_string(one) + std::to_string(two);
  });
  CHECK(outcomes == Outcomes{"00", "01", "10"});
}
