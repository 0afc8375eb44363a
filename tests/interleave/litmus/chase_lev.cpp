/// The deque of Chase and Lev, as Lê et al. have it for weak memory (2013), with each of its known
/// faults.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

#include <array>

namespace {

using namespace litmus;
using mtaio::testing::interleave::require;

enum class Fault {
  kNone,
  // pop() has no fence between its store of the bottom and its load of the top.
  kNoFenceInPop,
  // steal() has no fence between its loads of the top and the bottom.
  kNoFenceInSteal,
  // push() does not release what the item points to.
  kPushDoesNotRelease,
  // steal() reads the slot when it has the item already: the owner may have used the slot again.
  kStealReadsLate,
};

struct Item {
  int value = 0;
  std::atomic<int> taken{0};
};

class Deque {
 public:
  explicit Deque(Fault fault) : fault_{fault} {}

  bool push(Item* item) {
    const int bottom = bottom_.load(kRelaxed);
    if (bottom - top_.load(kAcquire) >= kSlots) return false;
    slot(bottom).store(item, kRelaxed);
    bottom_.store(bottom + 1, fault_ == Fault::kPushDoesNotRelease ? kRelaxed : kRelease);
    return true;
  }

  Item* pop() {
    const int last = bottom_.load(kRelaxed) - 1;
    bottom_.store(last, kRelease);
    if (fault_ != Fault::kNoFenceInPop) std::atomic_thread_fence(kSeqCst);
    int top = top_.load(kRelaxed);
    if (top > last) {
      bottom_.store(last + 1, kRelease);
      return nullptr;
    }
    Item* item = slot(last).load(kRelaxed);
    if (top == last) {
      if (!top_.compare_exchange_strong(top, top + 1, kSeqCst, kRelaxed)) item = nullptr;
      bottom_.store(last + 1, kRelease);
    }
    return item;
  }

  Item* steal() {
    int top = top_.load(kAcquire);
    if (fault_ != Fault::kNoFenceInSteal) std::atomic_thread_fence(kSeqCst);
    if (top >= bottom_.load(kAcquire)) return nullptr;
    Item* item = slot(top).load(kRelaxed);
    if (!top_.compare_exchange_strong(top, top + 1, kSeqCst, kRelaxed)) return nullptr;
    return fault_ == Fault::kStealReadsLate ? slot(top).load(kRelaxed) : item;
  }

 private:
  static constexpr int kSlots = 2;

  std::atomic<Item*>& slot(int index) { return slots_[static_cast<std::size_t>(index) % kSlots]; }

  const Fault fault_;
  std::atomic<int> top_{0};
  std::atomic<int> bottom_{0};
  std::array<std::atomic<Item*>, kSlots> slots_{};
};

void take(Item* item) {
  if (!item) return;
  require(item->taken.fetch_add(1, kRelaxed) == 0, "an item is taken once");
  require(item->value != 0, "the item is seen as it was pushed");
}

/// Two items and two thieves: here the pop and a thief may both take the last item.
std::function<void()> pop_and_steal(Fault fault) {
  return [=] {
    Deque deque{fault};
    std::array<Item, 2> items;
    const auto thief = [&] { take(deque.steal()); };
    in_threads(
        [&] {
          for (Item& item : items) {
            item.value = 1;
            require(deque.push(&item), "there is room");
          }
          take(deque.pop());
          take(deque.pop());
        },
        thief, thief);
    while (Item* left = deque.pop()) take(left);
    for (Item& item : items) require(item.taken.load(kRelaxed) == 1, "no item is lost");
  };
}

/// Three items go through two slots.
std::function<void()> push_more_than_fit(Fault fault) {
  return [=] {
    Deque deque{fault};
    std::array<Item, 3> items;
    in_threads(
        [&] {
          for (Item& item : items) {
            item.value = 1;
            if (!deque.push(&item)) {
              item.taken.store(1, kRelaxed);
            }
          }
        },
        [&] { take(deque.steal()); });
    while (Item* left = deque.pop()) take(left);
    for (Item& item : items) require(item.taken.load(kRelaxed) == 1, "no item is lost");
  };
}

// Too many to look at all of them.
std::string in_random_interleavings(const std::function<void()>& program, Memory memory) {
  Options options;
  options.memory = memory;
  options.strategy = mtaio::testing::interleave::Strategy::kRandom;
  options.most_executions = 50'000;
  return failure_of(program, options);
}

TEST_CASE("Chase and Lev: right") {
  CHECK(in_random_interleavings(pop_and_steal(Fault::kNone), Memory::kCpp20) == "none so far");
  CHECK(in_random_interleavings(pop_and_steal(Fault::kNone), Memory::kX86) == "none so far");
  CHECK(in_random_interleavings(push_more_than_fit(Fault::kNone), Memory::kCpp20) == "none so far");
}

TEST_CASE("Chase and Lev: without the fence in pop, an item is taken twice") {
  CHECK(in_random_interleavings(pop_and_steal(Fault::kNoFenceInPop), Memory::kCpp20) ==
        "failed assertion");
  CHECK(in_random_interleavings(pop_and_steal(Fault::kNoFenceInPop), Memory::kX86) ==
        "failed assertion");
}

TEST_CASE("Chase and Lev: without the fence in steal, an item is taken twice, though not on x86") {
  CHECK(in_random_interleavings(pop_and_steal(Fault::kNoFenceInSteal), Memory::kCpp20) ==
        "failed assertion");
  CHECK(in_random_interleavings(pop_and_steal(Fault::kNoFenceInSteal), Memory::kX86) ==
        "none so far");
}

TEST_CASE("Chase and Lev: an item that is pushed without release is seen unfinished") {
  CHECK(in_random_interleavings(pop_and_steal(Fault::kPushDoesNotRelease), Memory::kCpp20) ==
        "data race");
}

TEST_CASE(
    "Chase and Lev: a slot that is read late has another item, which is not yet the thief's") {
  const auto program = push_more_than_fit(Fault::kStealReadsLate);
  CHECK(in_random_interleavings(program, Memory::kCpp20) == "data race");
  CHECK(in_random_interleavings(program, Memory::kX86) == "failed assertion");
}

}  // namespace
