#include <mtaio/base/pairing_heap.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

struct Element : mtaio::internal::HeapNode {
  int key = 0;
};
struct Before {
  bool operator()(const Element& a, const Element& b) const noexcept { return a.key < b.key; }
};
using Heap = mtaio::internal::PairingHeap<Element, Before>;

TEST_CASE("heap: an empty one gives null") {
  Heap heap;
  CHECK(heap.empty());
  CHECK(heap.top() == nullptr);
  CHECK(heap.pop() == nullptr);
}

TEST_CASE("heap: gives its elements in order, whatever order they came in") {
  std::mt19937 random{1};
  for (const std::size_t count : {1U, 2U, 3U, 10U, 1000U}) {
    std::vector<Element> elements(count);
    for (std::size_t i = 0; i < count; ++i) elements[i].key = static_cast<int>(i);
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    std::ranges::shuffle(order, random);
    Heap heap;
    for (const std::size_t i : order) heap.push(elements[i]);
    bool in_order = true;
    for (std::size_t i = 0; i < count; ++i) in_order = in_order && heap.pop() == &elements[i];
    CHECK(in_order);
    CHECK(heap.empty());
  }
}

TEST_CASE("heap: random pushes, pops and removals agree with a sorted set") {
  std::mt19937 random{2};
  std::vector<std::unique_ptr<Element>> all;
  std::set<std::pair<int, Element*>> expected;
  Heap heap;
  bool agrees = true;
  for (int step = 0; step < 20'000; ++step) {
    const auto choice = random() % 5;
    if (choice < 2 || expected.empty()) {
      all.push_back(std::make_unique<Element>());
      all.back()->key = static_cast<int>(random() % 500);
      heap.push(*all.back());
      expected.emplace(all.back()->key, all.back().get());
    } else if (choice < 4) {
      // Equal keys in any order.
      Element* top = heap.pop();
      agrees = agrees && top->key == expected.begin()->first;
      agrees = agrees && expected.erase({top->key, top}) == 1;
    } else {
      auto gone = expected.begin();
      std::advance(gone, static_cast<std::ptrdiff_t>(random() % expected.size()));
      heap.erase(*gone->second);
      expected.erase(gone);
    }
    agrees = agrees && heap.empty() == expected.empty();
  }
  CHECK(agrees);
}

TEST_CASE("heap: an element that was taken out can be put in again") {
  std::vector<Element> elements(3);
  for (int i = 0; i < 3; ++i) elements[static_cast<std::size_t>(i)].key = i;
  Heap heap;
  for (auto& element : elements) heap.push(element);
  heap.erase(elements[1]);
  CHECK(heap.pop() == &elements[0]);
  heap.push(elements[0]);
  heap.push(elements[1]);
  for (auto& element : elements) CHECK(heap.pop() == &element);
}

TEST_CASE("heap: a walk comes by each of its elements once, wherever they were before") {
  constexpr std::size_t kCount = 12;
  std::mt19937 random{3};
  std::vector<Element> elements(kCount);
  std::array<Heap, 3> heaps;
  std::array<std::set<const Element*>, 3> expected;
  for (Element& each : elements) {
    each.key = static_cast<int>(random() % 8);
    heaps[0].push(each);
    expected[0].insert(&each);
  }
  bool agrees = true;
  for (int step = 0; step < 5'000; ++step) {
    const std::size_t from = random() % 3;
    const std::size_t to = random() % 3;
    Element* moved = heaps[from].pop();
    if (!moved) continue;
    expected[from].erase(moved);
    heaps[to].push(*moved);
    expected[to].insert(moved);
    for (std::size_t heap = 0; heap < heaps.size(); ++heap) {
      std::set<const Element*> seen;
      std::size_t steps = 0;
      for (const Element* each = heaps[heap].top(); each && steps <= kCount; ++steps) {
        seen.insert(each);
        each = heaps[heap].following(*each);
      }
      agrees = agrees && steps == seen.size() && seen == expected[heap];
    }
  }
  CHECK(agrees);
}

TEST_CASE("heap: a million elements, in order, in reverse, and removed, do not grow the stack") {
  constexpr std::size_t kMany = 1'000'000;
  std::vector<Element> elements(kMany);
  Heap heap;
  for (std::size_t i = 0; i < kMany; ++i) {
    elements[i].key = static_cast<int>(i % 2 == 0 ? i : kMany - i);
    heap.push(elements[i]);
  }
  for (std::size_t i = 0; i < kMany; i += 2) heap.erase(elements[i]);
  int last = -1;
  bool in_order = true;
  while (Element* element = heap.pop()) {
    in_order = in_order && element->key >= last;
    last = element->key;
  }
  CHECK(in_order);
}

}  // namespace
