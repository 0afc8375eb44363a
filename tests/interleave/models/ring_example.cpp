/// The example of docs/design/interleave.md.
#include <mtaio/interleave/check.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

namespace {

using namespace mtaio::testing::interleave;

/// A ring for one thread that puts and one that takes.
template <std::memory_order kPublish>
class Ring {
 public:
  bool put(int item) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) == slots_.size()) return false;
    slots_[head % slots_.size()] = item;
    head_.store(head + 1, kPublish);
    return true;
  }
  bool take(int& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (head_.load(std::memory_order_acquire) == tail) return false;
    item = slots_[tail % slots_.size()];
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

 private:
  std::array<int, 2> slots_{};
  std::atomic<std::size_t> head_{0};
  std::atomic<std::size_t> tail_{0};
};

/// One thread puts three items, the other takes them: they arrive in order.
template <std::memory_order kPublish>
void three_items_through_two_slots() {
  Ring<kPublish> ring;
  std::thread producer{[&] {
    for (int item = 1; item <= 3; ++item) {
      while (!ring.put(item)) std::this_thread::yield();
    }
  }};
  for (int expected = 1; expected <= 3; ++expected) {
    int item = 0;
    while (!ring.take(item)) std::this_thread::yield();
    require(item == expected, "the items arrive in order");
  }
  producer.join();
}

TEST_CASE("example: a ring keeps its items in order") {
  const Report report = check(&three_items_through_two_slots<std::memory_order_release>);
  CHECK(!report.failure);
  CHECK(report.complete);
}

TEST_CASE("example: the order of a ring is needed") {
  const Report report = check(&three_items_through_two_slots<std::memory_order_relaxed>);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::kDataRace);
  MESSAGE(report.failure->what << '\n' << report.failure->story << report.failure->replay);
}

}  // namespace
