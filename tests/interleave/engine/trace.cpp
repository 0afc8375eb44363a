/// Which steps of an execution could have come in another order.
#include "interleave/trace.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

namespace mtaio::testing::interleave {

namespace {

Operation access(Action action, Address address,
                 std::memory_order order = std::memory_order_relaxed) {
  return {.action = action, .order = order, .size = 8, .address = address};
}

Operation on(Action action, Address address) { return {.action = action, .address = address}; }

/// Adds the steps, and returns the races of the last.
std::vector<std::size_t> races_of_last(Trace& trace,
                                       const std::vector<std::pair<int, Operation>>& steps) {
  std::vector<std::size_t> races;
  for (const auto& [actor, operation] : steps) {
    races.clear();
    trace.add(actor, operation, races);
  }
  return races;
}

using Races = std::vector<std::size_t>;

constexpr Address kX = 8;
constexpr Address kY = 16;

}  // namespace

TEST_CASE("trace: accesses of the same memory race if one writes") {
  const auto races = [](Action first, Action second, Address address) {
    Trace trace;
    return races_of_last(trace, {{0, access(first, kX)}, {1, access(second, address)}}).size();
  };
  CHECK(races(Action::kStore, Action::kLoad, kX) == 1);
  CHECK(races(Action::kLoad, Action::kStore, kX) == 1);
  CHECK(races(Action::kUpdate, Action::kUpdate, kX + 4) == 1);
  CHECK(races(Action::kLoad, Action::kLoad, kX) == 0);
  CHECK(races(Action::kStore, Action::kStore, kY) == 0);
}

TEST_CASE("trace: seq_cst loads of the same memory race: the second reads nothing older") {
  Trace trace;
  const Operation load = access(Action::kLoad, kX, std::memory_order_seq_cst);
  CHECK(races_of_last(trace, {{0, load}, {1, load}}) == Races{0});
}

TEST_CASE("trace: steps that are ordered by others do not race") {
  Trace trace;
  const Races races = races_of_last(trace, {{0, access(Action::kStore, kX)},
                                            {0, access(Action::kStore, kY)},
                                            {1, access(Action::kLoad, kY)},
                                            {1, access(Action::kLoad, kX)}});
  CHECK(races.empty());
}

TEST_CASE("trace: seq_cst fences race with each other and with seq_cst accesses") {
  const Operation fence{.action = Action::kFence, .order = std::memory_order_seq_cst};
  const auto races = [&](const Operation& second) {
    Trace trace;
    return races_of_last(trace, {{0, fence}, {1, second}}).size();
  };
  CHECK(races(fence) == 1);
  CHECK(races(access(Action::kStore, kX, std::memory_order_seq_cst)) == 1);
  CHECK(races(access(Action::kStore, kX, std::memory_order_release)) == 0);
}

TEST_CASE("trace: a lock races with the lock before, not with the unlock between them") {
  Trace trace;
  const Races races = races_of_last(trace, {{0, on(Action::kMutexLock, kX)},
                                            {0, on(Action::kMutexUnlock, kX)},
                                            {1, on(Action::kMutexLock, kX)}});
  CHECK(races == Races{0});
  CHECK(trace.initials(0) == actor_bit(1));
}

TEST_CASE("trace: a thread starts after it was made, and ends before it is joined") {
  Trace trace;
  const Races races = races_of_last(trace, {{0, access(Action::kStore, kX)},
                                            {0, {.action = Action::kCreate, .other = 1}},
                                            {1, {.action = Action::kStart}},
                                            {1, access(Action::kStore, kX)},
                                            {1, {.action = Action::kEnd}},
                                            {0, {.action = Action::kJoin, .other = 1}},
                                            {0, access(Action::kStore, kX)}});
  CHECK(races.empty());
}

TEST_CASE("trace: to come before a step, a thread may first have to make others") {
  Trace trace;
  const Races races = races_of_last(trace, {{0, access(Action::kStore, kX)},
                                            {2, access(Action::kStore, kY)},
                                            {1, access(Action::kLoad, kY)},
                                            {1, access(Action::kLoad, kX)}});
  CHECK(races == Races{0});
  CHECK(trace.initials(0) == actor_bit(2));
}

TEST_CASE("trace: what an idle thread does comes after everything") {
  Trace trace;
  trace.add_idle(1, on(Action::kTimeout, kX));
  CHECK(races_of_last(trace, {{0, access(Action::kStore, kY)}}).empty());
  trace.add_idle(2, on(Action::kTimeout, kX));
  CHECK(trace[2].past.includes(0, 1));
}

TEST_CASE("trace: a step that is cut off leaves nothing") {
  Trace trace;
  Races races =
      races_of_last(trace, {{0, access(Action::kStore, kX)}, {1, access(Action::kLoad, kX)}});
  trace.truncate(1);
  CHECK(trace.size() == 1);
  races = races_of_last(trace, {{1, access(Action::kLoad, kX)}});
  CHECK(races == Races{0});
}

}  // namespace mtaio::testing::interleave
