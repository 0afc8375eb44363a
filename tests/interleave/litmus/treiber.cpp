/// Treiber's stack, which takes a node for the same one if its address is the same.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <optional>

namespace {

using namespace litmus;
using mtaio::testing::interleave::require;

struct Node {
  std::atomic<Node*> next{nullptr};
  std::atomic<int> owners{0};
};

/// The classic one.
class Stack {
 public:
  void push(Node& node) {
    Node* top = top_.load(kRelaxed);
    do {
      node.next.store(top, kRelaxed);
    } while (!top_.compare_exchange_weak(top, &node, kRelease, kRelaxed));
  }

  Node* pop() {
    Node* top = top_.load(kAcquire);
    while (top && !top_.compare_exchange_weak(top, top->next.load(kRelaxed), kAcquire, kAcquire)) {
    }
    return top;
  }

 private:
  std::atomic<Node*> top_{nullptr};
};

/// With a count in the upper half of the word, so that no word is ever the same.
class CountingStack {
 public:
  explicit CountingStack(std::array<Node, 2>& nodes) : nodes_{nodes} {}

  void push(Node& node) {
    std::uint64_t top = top_.load(kRelaxed);
    do {
      node.next.store(node_of(top), kRelaxed);
    } while (!top_.compare_exchange_weak(top, following(top, &node), kRelease, kRelaxed));
  }

  Node* pop() {
    std::uint64_t top = top_.load(kAcquire);
    for (;;) {
      Node* node = node_of(top);
      if (!node) return nullptr;
      Node* next = node->next.load(kRelaxed);
      if (top_.compare_exchange_weak(top, following(top, next), kAcquire, kAcquire)) return node;
    }
  }

 private:
  [[nodiscard]] Node* node_of(std::uint64_t top) const {
    const std::uint64_t index = top & 0xFFU;
    return index == 0 ? nullptr : &nodes_[index - 1];
  }
  [[nodiscard]] std::uint64_t following(std::uint64_t top, const Node* node) const {
    const std::uint64_t count = (top >> 8U) + 1;
    return (count << 8U) | (node ? static_cast<std::uint64_t>(node - nodes_.data()) + 1 : 0U);
  }

  std::array<Node, 2>& nodes_;
  std::atomic<std::uint64_t> top_{0};
};

void take(Node* node) {
  if (node) require(node->owners.fetch_add(1, kRelaxed) == 0, "a node has one owner");
}

/// One thread pops; the other pops both nodes and pushes the first one again.
template <class Made>
void pop_while_the_other_pops_and_pushes(Made& stack, std::array<Node, 2>& nodes) {
  stack.push(nodes[1]);
  stack.push(nodes[0]);
  in_threads([&] { take(stack.pop()); },
             [&] {
               Node* first = stack.pop();
               take(first);
               take(stack.pop());
               if (!first) return;
               first->owners.store(0, kRelaxed);
               stack.push(*first);
             });
}

TEST_CASE("Treiber's stack: a node that comes back is taken for one that never went") {
  const auto program = [] {
    std::array<Node, 2> nodes;
    Stack stack;
    pop_while_the_other_pops_and_pushes(stack, nodes);
    take(stack.pop());
    take(stack.pop());
  };
  CHECK(failure_of(program, Memory::kCpp20) == "failed assertion");
  CHECK(failure_of(program, Memory::kSequential) == "failed assertion");
}

TEST_CASE("Treiber's stack: a count beside the pointer tells the two apart") {
  const auto program = [] {
    std::array<Node, 2> nodes;
    CountingStack stack{nodes};
    pop_while_the_other_pops_and_pushes(stack, nodes);
    take(stack.pop());
    take(stack.pop());
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

TEST_CASE("Treiber's stack: a node that is deleted may still be read by another thread") {
  const auto program = [] {
    Stack stack;
    stack.push(*new Node);
    const auto pop = [&] { delete stack.pop(); };
    in_threads(pop, pop);
  };
  const std::string failure = failure_of(program, Memory::kCpp20);
  CHECK((failure == "use after free" || failure == "data race"));
}

}  // namespace
