/// The orders in which queues return their items.
#pragma once

#include <mtaio/base/pairing_heap.hpp>
#include <mtaio/queue/entry_heap.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace mtaio::internal {

// A storage links nodes, which hold the items; it never touches an item. `push` adds a node, `pop`
// takes out the next one (null when there is none), and `put_back` undoes the pop of a node whose
// item could not be delivered. `pass` replaces a push and a pop of the same node while nothing is
// stored. `visit` calls a visitor with each node. The classes have default visibility because the
// template QueueCore, whose argument they are, has it.

struct ChainNode {
  ChainNode* next = nullptr;
};

/// First in, first out.
class [[gnu::visibility("default")]] FifoStorage {
 public:
  using Node = ChainNode;

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  void push(Node& node) noexcept {
    node.next = nullptr;
    (first_ ? last_->next : first_) = &node;
    last_ = &node;
  }
  Node* pop() noexcept {
    Node* node = first_;
    if (node) first_ = node->next;
    return node;
  }
  void pass(Node&) noexcept {}
  void put_back(Node& node) noexcept {
    if (!first_) last_ = &node;
    node.next = first_;
    first_ = &node;
  }

  void visit(void (*visitor)(Node& node, void* argument), void* argument) noexcept {
    for (Node* node = first_; node; node = node->next) visitor(*node, argument);
  }

 private:
  Node* first_ = nullptr;
  // Valid while first_ is set.
  Node* last_ = nullptr;
};

/// Last in, first out.
class [[gnu::visibility("default")]] LifoStorage {
 public:
  using Node = ChainNode;

  [[nodiscard]] bool empty() const noexcept { return top_ == nullptr; }
  void push(Node& node) noexcept {
    node.next = top_;
    top_ = &node;
  }
  Node* pop() noexcept {
    Node* node = top_;
    if (node) top_ = node->next;
    return node;
  }
  void pass(Node&) noexcept {}
  void put_back(Node& node) noexcept { push(node); }

  void visit(void (*visitor)(Node& node, void* argument), void* argument) noexcept {
    for (Node* node = top_; node; node = node->next) visitor(*node, argument);
  }

 private:
  Node* top_ = nullptr;
};

/// The lowest priority number first; equal ones in the order in which they were put. Adding a node
/// cannot fail: if there is no memory for the heap of entries, the node goes into a heap of linked
/// nodes.
class [[gnu::visibility("default")]] PriorityStorage {
 public:
  struct Node : HeapNode {
    double priority = 0;
    std::uint64_t sequence = 0;
    // The memory that the item refers to, if its consumer will read it: it is prefetched. May be
    // null.
    const void* leads_to = nullptr;
  };

  [[nodiscard]] bool empty() const noexcept { return sorted_.empty() && linked_.empty(); }
  void push(Node& node) noexcept {
    pass(node);
    put_back(node);
  }
  void pass(Node& node) noexcept { node.sequence = ++last_sequence_; }
  Node* pop() noexcept {
    if (linked_.empty()) [[likely]] {
      if (sorted_.empty()) return nullptr;
      // While the heap is sorted, the memory that is needed next is prefetched: what the item
      // refers to, and the node of the next pop().
      __builtin_prefetch(sorted_.top().node->leads_to);
      Node* first = sorted_.pop().node;
      if (!sorted_.empty()) {
        __builtin_prefetch(static_cast<const void*>(&sorted_.top().node->leads_to));
      }
      return first;
    }
    if (sorted_.empty() || Before{}(entry_of(*linked_.top()), sorted_.top())) return linked_.pop();
    return sorted_.pop().node;
  }
  void put_back(Node& node) noexcept {
    if (!sorted_.push(entry_of(node))) [[unlikely]]
      linked_.push(node);
  }
  /// In an unspecified order.
  void visit(void (*visitor)(Node& node, void* argument), void* argument) noexcept {
    for (std::size_t i = 0; i < sorted_.size(); ++i) visitor(*sorted_[i].node, argument);
    for (Node* node = linked_.top(); node; node = linked_.following(*node))
      visitor(*node, argument);
  }

 private:
  struct Entry {
    // Ranks have the order of the priorities.
    std::uint64_t rank;
    std::uint64_t sequence;
    Node* node;
  };
  struct Before {
    bool operator()(const Entry& a, const Entry& b) const noexcept {
      // Without branches: the processor could not predict them.
      const auto by_rank = static_cast<unsigned>(a.rank < b.rank);
      const auto same_rank = static_cast<unsigned>(a.rank == b.rank);
      const auto by_sequence = static_cast<unsigned>(a.sequence < b.sequence);
      return (by_rank | (same_rank & by_sequence)) != 0;
    }
    bool operator()(const Node& a, const Node& b) const noexcept {
      return a.priority != b.priority ? a.priority < b.priority : a.sequence < b.sequence;
    }
  };

  static Entry entry_of(Node& node) noexcept {
    // Read as integers, the bits of positive numbers are in order, and those of negative numbers in
    // inverted order. Adding zero makes both zeros the same number.
    constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;
    const auto bits = std::bit_cast<std::uint64_t>(node.priority + 0.0);
    return {(bits & kSign) != 0 ? ~bits : bits | kSign, node.sequence, &node};
  }

  EntryHeap<Entry, Before> sorted_;
  PairingHeap<Node, Before> linked_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace mtaio::internal
