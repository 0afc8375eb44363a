#include <mtaio/queue/entry_heap.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <vector>

namespace {

using Heap = mtaio::internal::EntryHeap<std::uint_fast32_t, std::less<>>;

TEST_CASE("entry heap: gives its entries in order, however many there are") {
  std::mt19937 random{1};
  for (const std::size_t count : {1U, 2U, 5U, 63U, 64U, 65U, 128U, 129U, 10'000U}) {
    CAPTURE(count);
    Heap heap;
    for (std::size_t i = 0; i < count; ++i) REQUIRE(heap.push(random()));
    CHECK(heap.size() == count);
    bool in_order = true;
    for (std::uint_fast32_t last = 0; !heap.empty();) {
      const std::uint_fast32_t next = heap.pop();
      in_order = in_order && last <= next;
      last = next;
    }
    CHECK(in_order);
  }
}

TEST_CASE("entry heap: random pushes and pops agree with a priority queue") {
  std::mt19937 random{2};
  Heap heap;
  std::priority_queue<std::uint_fast32_t, std::vector<std::uint_fast32_t>, std::greater<>> expected;
  bool agrees = true;
  for (int i = 0; i < 200'000; ++i) {
    // Grows for a while, then shrinks, and so on.
    const bool grows = i / 20'000 % 2 == 0;
    if (expected.empty() || random() % 5 < (grows ? 3U : 2U)) {
      const std::uint_fast32_t value = random() % 1'000;
      REQUIRE(heap.push(value));
      expected.push(value);
    } else {
      agrees = agrees && heap.top() == expected.top() && heap.pop() == expected.top();
      expected.pop();
    }
    agrees = agrees && heap.size() == expected.size();
  }
  CHECK(agrees);
}

TEST_CASE("entry heap: all its entries can be looked at") {
  Heap heap;
  for (std::uint_fast32_t i = 0; i < 1'000; ++i) REQUIRE(heap.push(i));
  std::uint_fast32_t sum = 0;
  for (std::size_t i = 0; i < heap.size(); ++i) sum += heap[i];
  CHECK(sum == 999U * 1'000U / 2U);
}

}  // namespace
