/// Locks from textbooks, right and wrong.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

#include <array>

namespace {

using namespace litmus;
using mtaio::testing::interleave::require;

/// What a lock protects. On x86 data races are not looked for, so it also counts who is inside.
class Protected {
 public:
  void use() {
    require(inside_.exchange(1, kRelaxed) == 0, "one thread is inside");
    ++value_;
    inside_.store(0, kRelaxed);
  }
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_ = 0;
  std::atomic<int> inside_{0};
};

/// Dekker's first half: each thread says that it wants to enter, and enters if the other does not.
std::function<void()> dekker(Order write, Order read) {
  return [=] {
    std::array<std::atomic<int>, 2> wants{};
    Protected data;
    const auto thread = [&](std::size_t self) {
      return [&, self] {
        wants[self].store(1, write);
        if (wants[1 - self].load(read) == 0) data.use();
        wants[self].store(0, kRelease);
      };
    };
    in_threads(thread(0), thread(1));
  };
}

TEST_CASE("Dekker: only sequentially consistent operations keep the other thread out") {
  CHECK(failure_of(dekker(kSeqCst, kSeqCst), Memory::kCpp20) == "none");
  CHECK(failure_of(dekker(kRelease, kAcquire), Memory::kCpp20) != "none");
  CHECK(failure_of(dekker(kSeqCst, kSeqCst), Memory::kX86) == "none");
  CHECK(failure_of(dekker(kRelease, kAcquire), Memory::kX86) == "failed assertion");
}

/// Peterson's lock, with any orders.
struct PetersonOrders {
  Order flag;
  Order turn;
  Order look;
};
std::function<void()> peterson(PetersonOrders orders) {
  return [=] {
    std::array<std::atomic<int>, 2> wants{};
    std::atomic<std::size_t> turn{0};
    Protected data;
    const auto thread = [&](std::size_t self) {
      return [&, self] {
        wants[self].store(1, orders.flag);
        turn.store(1 - self, orders.turn);
        while (wants[1 - self].load(orders.look) == 1 && turn.load(orders.look) != self) {
          std::this_thread::yield();
        }
        data.use();
        wants[self].store(0, kRelease);
      };
    };
    in_threads(thread(0), thread(1));
    require(data.value() == 2, "both have been inside");
  };
}

TEST_CASE("Peterson: right if sequentially consistent, wrong if released and acquired") {
  const PetersonOrders right{kSeqCst, kSeqCst, kSeqCst};
  const PetersonOrders wrong{kRelease, kRelease, kAcquire};
  CHECK(failure_of(peterson(right), Memory::kCpp20) == "none");
  CHECK(failure_of(peterson(right), Memory::kX86) == "none");
  CHECK(failure_of(peterson(wrong), Memory::kCpp20) != "none");
  CHECK(failure_of(peterson(wrong), Memory::kX86) == "failed assertion");
  // Flags need not be sequentially consistent on x86, where the store of the turn is a fence.
  CHECK(failure_of(peterson({kRelease, kSeqCst, kAcquire}), Memory::kX86) == "none");
}

/// Peterson's lock with an exchange of the turn: the second thread acquires what the first has
/// released, so it sees the first one's flag.
TEST_CASE("Peterson: an exchange of the turn makes release and acquire enough") {
  const auto program = [](Order exchange) -> std::function<void()> {
    return [=] {
      std::array<std::atomic<int>, 2> wants{};
      std::atomic<std::size_t> turn{0};
      Protected data;
      const auto thread = [&](std::size_t self) {
        return [&, self] {
          wants[self].store(1, kRelaxed);
          turn.exchange(1 - self, exchange);
          while (wants[1 - self].load(kAcquire) == 1 && turn.load(kRelaxed) != self) {
            std::this_thread::yield();
          }
          data.use();
          wants[self].store(0, kRelease);
        };
      };
      in_threads(thread(0), thread(1));
    };
  };
  CHECK(failure_of(program(kAcqRel), Memory::kCpp20) == "none");
  CHECK(failure_of(program(kAcquire), Memory::kCpp20) != "none");
}

/// A spin lock: one word that is exchanged.
std::function<void()> spin_lock(Order lock, Order unlock) {
  return [=] {
    std::atomic<int> held{0};
    int data = 0;
    const auto thread = [&] {
      while (held.exchange(1, lock) != 0) std::this_thread::yield();
      ++data;
      held.store(0, unlock);
    };
    in_threads(thread, thread);
    require(data == 2, "both have been inside");
  };
}

TEST_CASE("spin lock: has to acquire and to release") {
  CHECK(failure_of(spin_lock(kAcquire, kRelease), Memory::kCpp20) == "none");
  CHECK(failure_of(spin_lock(kRelaxed, kRelease), Memory::kCpp20) == "data race");
  CHECK(failure_of(spin_lock(kAcquire, kRelaxed), Memory::kCpp20) == "data race");
  CHECK(failure_of(spin_lock(kRelaxed, kRelaxed), Memory::kX86) == "none");
}

/// The lock of Mellor-Crummey and Scott: each thread waits for a flag in its own node.
struct McsFaults {
  bool relaxed_handover = false;
  bool leaves_successor = false;
};

class McsLock {
 public:
  struct Node {
    std::atomic<Node*> next{nullptr};
    std::atomic<int> waits{1};
  };

  explicit McsLock(McsFaults faults) : faults_{faults} {}

  void lock(Node& node) {
    Node* before = last_.exchange(&node, kAcqRel);
    if (!before) return;
    before->next.store(&node, kRelease);
    while (node.waits.load(kAcquire) != 0) std::this_thread::yield();
  }

  void unlock(Node& node) {
    Node* next = node.next.load(kAcquire);
    if (!next) {
      Node* expected = &node;
      if (last_.compare_exchange_strong(expected, nullptr, kRelease, kRelaxed)) return;
      // Another thread is in line, but has not said so yet.
      if (faults_.leaves_successor) return;
      while (!(next = node.next.load(kAcquire))) std::this_thread::yield();
    }
    next->waits.store(0, faults_.relaxed_handover ? kRelaxed : kRelease);
  }

 private:
  const McsFaults faults_;
  std::atomic<Node*> last_{nullptr};
};

std::function<void()> mcs(McsFaults faults) {
  return [=] {
    McsLock lock{faults};
    int data = 0;
    const auto thread = [&] {
      McsLock::Node node;
      lock.lock(node);
      ++data;
      lock.unlock(node);
    };
    in_threads(thread, thread);
    require(data == 2, "both have been inside");
  };
}

TEST_CASE("MCS lock: right, with an unordered hand-over, and with a successor left waiting") {
  CHECK(failure_of(mcs({}), Memory::kCpp20) == "none");
  CHECK(failure_of(mcs({}), Memory::kX86) == "none");
  CHECK(failure_of(mcs({.relaxed_handover = true}), Memory::kCpp20) == "data race");
  CHECK(failure_of(mcs({.leaves_successor = true}), Memory::kCpp20) != "none");
}

}  // namespace
