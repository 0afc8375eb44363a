/// Two threads and two places: in which order does each thread see the stores of the other?
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

namespace {

using namespace litmus;

struct TwoPlaces {
  std::atomic<int> x{0};
  std::atomic<int> y{0};
  int r1 = 0;
  int r2 = 0;
};

/// The first thread writes data and then a flag; the second reads the flag and then the data.
Program message_passing(Order write, Order read) {
  return [=] {
    TwoPlaces p;
    in_threads(
        [&] {
          p.x.store(1, kRelaxed);
          p.y.store(1, write);
        },
        [&] {
          p.r1 = p.y.load(read);
          p.r2 = p.x.load(kRelaxed);
        });
    return seen(p.r1, p.r2);
  };
}

TEST_CASE("message passing: the data is seen with the flag if the flag is released and acquired") {
  const Outcomes ordered{"00", "01", "11"};
  const Outcomes all{"00", "01", "10", "11"};
  CHECK(outcomes_of(message_passing(kRelease, kAcquire), Memory::kCpp20) == ordered);
  CHECK(outcomes_of(message_passing(kSeqCst, kSeqCst), Memory::kCpp20) == ordered);
  CHECK(outcomes_of(message_passing(kSeqCst, kAcquire), Memory::kCpp20) == ordered);
  CHECK(outcomes_of(message_passing(kRelease, kRelaxed), Memory::kCpp20) == all);
  CHECK(outcomes_of(message_passing(kRelaxed, kAcquire), Memory::kCpp20) == all);
  CHECK(outcomes_of(message_passing(kRelaxed, kRelaxed), Memory::kCpp20) == all);
  CHECK(outcomes_of(message_passing(kRelaxed, kRelaxed), Memory::kX86) == ordered);
  CHECK(outcomes_of(message_passing(kRelaxed, kRelaxed), Memory::kSequential) == ordered);
}

/// Each thread writes one place and then reads the other's.
Program store_buffering(Order write, Order read) {
  return [=] {
    TwoPlaces p;
    in_threads(
        [&] {
          p.x.store(1, write);
          p.r1 = p.y.load(read);
        },
        [&] {
          p.y.store(1, write);
          p.r2 = p.x.load(read);
        });
    return seen(p.r1, p.r2);
  };
}

TEST_CASE("store buffering: both may read the old value, unless all is sequentially consistent") {
  const Outcomes sequential{"01", "10", "11"};
  const Outcomes all{"00", "01", "10", "11"};
  CHECK(outcomes_of(store_buffering(kSeqCst, kSeqCst), Memory::kCpp20) == sequential);
  CHECK(outcomes_of(store_buffering(kRelease, kAcquire), Memory::kCpp20) == all);
  CHECK(outcomes_of(store_buffering(kSeqCst, kAcquire), Memory::kCpp20) == all);
  CHECK(outcomes_of(store_buffering(kRelease, kSeqCst), Memory::kCpp20) == all);
  CHECK(outcomes_of(store_buffering(kRelaxed, kRelaxed), Memory::kCpp20) == all);
  CHECK(outcomes_of(store_buffering(kSeqCst, kSeqCst), Memory::kX86) == sequential);
  // x86 makes a sequentially consistent store an exchange; its loads are all alike.
  CHECK(outcomes_of(store_buffering(kSeqCst, kAcquire), Memory::kX86) == sequential);
  CHECK(outcomes_of(store_buffering(kRelease, kSeqCst), Memory::kX86) == all);
  CHECK(outcomes_of(store_buffering(kRelaxed, kRelaxed), Memory::kX86) == all);
  CHECK(outcomes_of(store_buffering(kRelaxed, kRelaxed), Memory::kSequential) == sequential);
}

TEST_CASE("store buffering: an exchange in place of the store is a fence on x86 only") {
  const Program program = [] {
    TwoPlaces p;
    in_threads(
        [&] {
          p.x.exchange(1, kAcqRel);
          p.r1 = p.y.load(kAcquire);
        },
        [&] {
          p.y.exchange(1, kAcqRel);
          p.r2 = p.x.load(kAcquire);
        });
    return seen(p.r1, p.r2);
  };
  CHECK(outcomes_of(program, Memory::kX86) == Outcomes{"01", "10", "11"});
  CHECK(outcomes_of(program, Memory::kCpp20) == Outcomes{"00", "01", "10", "11"});
}

/// Each thread reads one place and then writes the other.
Program load_buffering(Order write, Order read) {
  return [=] {
    TwoPlaces p;
    in_threads(
        [&] {
          p.r1 = p.x.load(read);
          p.y.store(1, write);
        },
        [&] {
          p.r2 = p.y.load(read);
          p.x.store(1, write);
        });
    return seen(p.r1, p.r2);
  };
}

TEST_CASE(
    "load buffering: both may read the store that is executed later, if they do not pass a "
    "message") {
  const Outcomes without_both{"00", "01", "10"};
  const Outcomes all{"00", "01", "10", "11"};
  CHECK(outcomes_of(load_buffering(kRelease, kAcquire), Memory::kCpp20) == without_both);
  CHECK(outcomes_of(load_buffering(kRelaxed, kRelaxed), Memory::kX86) == without_both);
  // It is looked for on request only.
  CHECK(outcomes_of(load_buffering(kRelaxed, kRelaxed), Memory::kCpp20) == without_both);
  Options options;
  options.load_buffering = true;
  using mtaio::testing::interleave::outcomes;
  CHECK(outcomes(load_buffering(kRelaxed, kRelaxed), options) == all);
  CHECK(outcomes(load_buffering(kRelease, kRelaxed), options) == all);
  CHECK(outcomes(load_buffering(kRelaxed, kAcquire), options) == all);
  CHECK(outcomes(load_buffering(kRelease, kAcquire), options) == without_both);
}

/// Each thread writes both places, in opposite orders. The outcome is what they hold at the end.
Program two_writes_each(Order first, Order second) {
  return [=] {
    TwoPlaces p;
    in_threads(
        [&] {
          p.x.store(1, first);
          p.y.store(2, second);
        },
        [&] {
          p.y.store(1, first);
          p.x.store(2, second);
        });
    return seen(p.x.load(kRelaxed), p.y.load(kRelaxed));
  };
}

TEST_CASE("two writes each: both first writes may come last, unless all is in one order") {
  const Outcomes sequential{"12", "21", "22"};
  const Outcomes all{"11", "12", "21", "22"};
  CHECK(outcomes_of(two_writes_each(kSeqCst, kSeqCst), Memory::kCpp20) == sequential);
  CHECK(outcomes_of(two_writes_each(kRelease, kRelease), Memory::kCpp20) == all);
  CHECK(outcomes_of(two_writes_each(kRelaxed, kRelaxed), Memory::kCpp20) == all);
  CHECK(outcomes_of(two_writes_each(kRelaxed, kRelaxed), Memory::kX86) == sequential);
}

TEST_CASE("a store after an acquire comes after the stores before the release") {
  const auto program = [](Order write, Order read) -> Program {
    return [=] {
      TwoPlaces p;
      in_threads(
          [&] {
            p.x.store(2, kRelaxed);
            p.y.store(1, write);
          },
          [&] {
            p.r1 = p.y.load(read);
            p.x.store(1, kRelaxed);
          });
      return seen(p.r1, p.x.load(kRelaxed));
    };
  };
  CHECK(outcomes_of(program(kRelease, kAcquire), Memory::kCpp20) == Outcomes{"01", "02", "11"});
  CHECK(outcomes_of(program(kRelaxed, kRelaxed), Memory::kCpp20) ==
        Outcomes{"01", "02", "11", "12"});
  CHECK(outcomes_of(program(kRelaxed, kRelaxed), Memory::kX86) == Outcomes{"01", "02", "11"});
}

TEST_CASE(
    "a store that comes last and a load after it are in one order with others if both are "
    "sequentially consistent") {
  const auto program = [](Order order, Order read) -> Program {
    return [=] {
      TwoPlaces p;
      in_threads(
          [&] {
            p.x.store(1, order);
            p.y.store(1, order);
          },
          [&] {
            p.y.store(2, order);
            p.r1 = p.x.load(read);
          });
      return seen(p.y.load(kRelaxed), p.r1);
    };
  };
  const Outcomes sequential{"10", "11", "21"};
  const Outcomes all{"10", "11", "20", "21"};
  CHECK(outcomes_of(program(kSeqCst, kSeqCst), Memory::kCpp20) == sequential);
  CHECK(outcomes_of(program(kRelease, kAcquire), Memory::kCpp20) == all);
  CHECK(outcomes_of(program(kRelease, kAcquire), Memory::kX86) == all);
  CHECK(outcomes_of(program(kSeqCst, kSeqCst), Memory::kX86) == sequential);
}

}  // namespace
