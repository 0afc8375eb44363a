/// What C++20 allows loads to read, by the model itself: without threads and strategies.
#include "interleave/memory_cpp20.hpp"

#include "interleave/engine/scripted_choices.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>

namespace mtaio::testing::interleave {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kAcqRel = std::memory_order_acq_rel;
constexpr auto kSeqCst = std::memory_order_seq_cst;

/// Two variables, and threads that access them in the order of the calls.
class Machine {
 public:
  explicit Machine(MemoryCpp20::Loads loads = MemoryCpp20::Loads::kAnyAllowed)
      : memory{choices, loads} {
    memory.begin();
  }

  void store(int thread, std::uint64_t& variable, std::uint64_t value, std::memory_order order) {
    memory.store(access(thread, variable, order), value);
  }
  /// `missed` is how many later stores the load does not see.
  std::uint64_t load(int thread, std::uint64_t& variable, std::memory_order order,
                     unsigned missed = 0) {
    choices.expect({missed});
    return memory.load(access(thread, variable, order)).value;
  }
  std::uint64_t add(int thread, std::uint64_t& variable, std::memory_order order) {
    const auto sum = [](std::uint64_t old, std::uint64_t operand) { return old + operand; };
    return memory.update(access(thread, variable, order), sum, 1).value;
  }
  bool compare_exchange(int thread, std::uint64_t& variable, std::uint64_t expected,
                        std::uint64_t desired, bool weak = false) {
    bool exchanged = false;
    memory.compare_exchange(
        access(thread, variable, kAcqRel),
        {.expected = expected, .desired = desired, .failure = kAcquire, .weak = weak}, exchanged);
    return exchanged;
  }
  /// Whether the load has no choice but the latest store.
  bool sees_latest(int thread, std::uint64_t& variable, std::memory_order order) {
    static_cast<void>(choices.asked());
    load(thread, variable, order);
    return choices.asked() == 0;
  }

  test::ScriptedChoices choices;
  MemoryCpp20 memory;
  std::uint64_t x = 0;
  std::uint64_t y = 0;

 private:
  Access access(int thread, std::uint64_t& variable, std::memory_order order) {
    return {.thread = thread,
            .address = reinterpret_cast<Address>(&variable),
            .size = sizeof variable,
            .order = order,
            .step = step_++};
  }
  std::size_t step_ = 0;
};

}  // namespace

TEST_CASE("C++20 memory: the initial value is what was there") {
  Machine m;
  m.x = 7;
  CHECK(m.load(0, m.x, kRelaxed) == 7);
}

TEST_CASE("C++20 memory: a thread sees its own stores") {
  Machine m;
  m.store(0, m.x, 1, kRelaxed);
  CHECK(m.sees_latest(0, m.x, kRelaxed));
}

TEST_CASE("C++20 memory: another thread may see an old store, but none older than it has seen") {
  Machine m;
  CHECK(m.load(1, m.x, kRelaxed) == 0);
  m.store(0, m.x, 1, kRelaxed);
  m.store(0, m.x, 2, kRelaxed);
  CHECK(m.load(1, m.x, kRelaxed, 2) == 0);
  CHECK(m.load(1, m.x, kRelaxed, 1) == 1);
  CHECK(m.load(1, m.x, kRelaxed, 1) == 1);
  CHECK(m.load(1, m.x, kRelaxed) == 2);
  CHECK(m.sees_latest(1, m.x, kRelaxed));
}

TEST_CASE("C++20 memory: an acquire load sees what was before the release store that it reads") {
  for (const bool acquires : {true, false}) {
    Machine m;
    CHECK(m.load(1, m.x, kRelaxed) == 0);
    m.store(0, m.x, 1, kRelaxed);
    m.store(0, m.y, 1, kRelease);
    CHECK(m.load(1, m.y, acquires ? kAcquire : kRelaxed) == 1);
    CHECK(m.sees_latest(1, m.x, kRelaxed) == acquires);
  }
}

TEST_CASE("C++20 memory: happens-before follows release and acquire") {
  Machine m;
  const std::uint32_t now = m.memory.clock(0).of(0);
  m.store(0, m.y, 1, kRelease);
  CHECK(m.memory.clock(1).of(0) < now);
  m.load(1, m.y, kRelaxed);
  CHECK(m.memory.clock(1).of(0) < now);
  m.load(1, m.y, kAcquire);
  CHECK(m.memory.clock(1).of(0) == now);
  CHECK(m.memory.clock(0).of(0) > now);
}

TEST_CASE("C++20 memory: an update continues the release sequence, a store ends it") {
  Machine m;
  m.store(0, m.x, 1, kRelaxed);
  m.store(0, m.y, 1, kRelease);
  m.add(1, m.y, kRelaxed);
  CHECK(m.load(2, m.y, kAcquire) == 2);
  CHECK(m.sees_latest(2, m.x, kRelaxed));
  m.store(1, m.y, 3, kRelaxed);
  CHECK(m.load(3, m.y, kAcquire) == 3);
  CHECK_FALSE(m.sees_latest(3, m.x, kRelaxed));
}

TEST_CASE("C++20 memory: fences release and acquire for relaxed accesses") {
  for (const bool releases : {true, false}) {
    for (const bool acquires : {true, false}) {
      Machine m;
      m.store(0, m.x, 1, kRelaxed);
      if (releases) m.memory.fence(0, kRelease);
      m.store(0, m.y, 1, kRelaxed);
      m.load(1, m.y, kRelaxed);
      if (acquires) m.memory.fence(1, kAcquire);
      CHECK(m.sees_latest(1, m.x, kRelaxed) == (releases && acquires));
    }
  }
}

TEST_CASE("C++20 memory: seq_cst accesses of a variable see those before") {
  Machine m;
  m.store(0, m.x, 1, kSeqCst);
  CHECK_FALSE(m.sees_latest(1, m.x, kAcquire));
  CHECK(m.sees_latest(2, m.x, kSeqCst));
}

TEST_CASE("C++20 memory: of two threads with a store, a seq_cst fence and a load, one sees") {
  Machine m;
  m.store(0, m.x, 1, kRelaxed);
  m.memory.fence(0, kSeqCst);
  m.store(1, m.y, 1, kRelaxed);
  m.memory.fence(1, kSeqCst);
  CHECK(m.load(0, m.y, kRelaxed, 1) == 0);
  CHECK(m.sees_latest(1, m.x, kRelaxed));
}

TEST_CASE("C++20 memory: membarrier is a fence in each thread") {
  Machine m;
  m.store(0, m.x, 1, kRelaxed);
  m.store(1, m.y, 1, kRelaxed);
  m.memory.membarrier(1, 2);
  CHECK(m.sees_latest(0, m.y, kRelaxed));
  CHECK(m.sees_latest(1, m.x, kRelaxed));
}

TEST_CASE("C++20 memory: a store may come before one that its thread has not seen") {
  Machine m;
  m.store(0, m.x, 1, kRelaxed);
  m.choices.expect({1});
  m.store(1, m.x, 2, kRelaxed);
  CHECK(m.x == 1);
  CHECK(m.load(1, m.x, kRelaxed) == 1);
  CHECK(m.sees_latest(1, m.x, kRelaxed));
}

TEST_CASE("C++20 memory: no store comes between an update and what it has read") {
  Machine m;
  m.add(0, m.x, kRelaxed);
  static_cast<void>(m.choices.asked());
  m.store(1, m.x, 5, kRelaxed);
  CHECK(m.choices.asked() == 0);
  CHECK(m.x == 5);
}

TEST_CASE("C++20 memory: two updates do not read the same store") {
  Machine m;
  CHECK(m.add(0, m.x, kRelaxed) == 0);
  CHECK(m.add(1, m.x, kRelaxed) == 1);
  CHECK(m.x == 2);
}

TEST_CASE("C++20 memory: a compare-exchange fails if it reads another value, even an old one") {
  Machine m;
  m.store(0, m.x, 1, kRelaxed);
  m.choices.expect({1});
  CHECK_FALSE(m.compare_exchange(1, m.x, 1, 2));
  m.choices.expect({0});
  CHECK(m.compare_exchange(1, m.x, 1, 2));
  CHECK(m.x == 2);
}

TEST_CASE("C++20 memory: a weak compare-exchange fails for no reason once") {
  Machine m;
  m.choices.expect({1});
  CHECK_FALSE(m.compare_exchange(0, m.x, 0, 1, true));
  static_cast<void>(m.choices.asked());
  CHECK(m.compare_exchange(0, m.x, 0, 1, true));
  CHECK(m.choices.asked() == 0);
}

TEST_CASE("C++20 memory: a thread that has caught up sees the latest, and nothing else by that") {
  Machine m;
  const std::uint32_t now = m.memory.clock(0).of(0);
  m.store(0, m.x, 1, kRelease);
  m.memory.catch_up(1);
  CHECK(m.sees_latest(1, m.x, kRelaxed));
  CHECK(m.memory.clock(1).of(0) < now);
}

TEST_CASE("C++20 memory: what is made in the place of an object begins anew") {
  Machine m;
  m.store(0, m.x, 1, kRelaxed);
  m.memory.forget(reinterpret_cast<Address>(&m.x), sizeof m.x);
  m.x = 9;
  CHECK(m.sees_latest(1, m.x, kRelaxed));
  CHECK(m.load(1, m.x, kRelaxed) == 9);
}

TEST_CASE("sequential memory: every load reads the latest store") {
  Machine m{MemoryCpp20::Loads::kLatest};
  m.store(0, m.x, 1, kRelaxed);
  CHECK(m.sees_latest(1, m.x, kRelaxed));
}

}  // namespace mtaio::testing::interleave
