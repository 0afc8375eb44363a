/// In which order a queue gives back what was put into it.
#pragma once

#include <mtaio/lowlevel/pairing_heap.hpp>

#include <cstdint>

namespace mtaio::lowlevel {

// A storage links nodes that hold the items; it never touches an item. `push` adds a node, `pop`
// takes out the next one (null when there is none), `put_back` undoes the pop of a node whose item
// could not be delivered. Visible, because what is made of them is: QueueCore.

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
  void put_back(Node& node) noexcept {
    if (!first_) last_ = &node;
    node.next = first_;
    first_ = &node;
  }

  void look_through(void (*see)(Node& node, void* with), void* with) noexcept {
    for (Node* node = first_; node; node = node->next) see(*node, with);
  }

 private:
  Node* first_ = nullptr;
  Node* last_ = nullptr;  // valid while first_ is set
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
  void put_back(Node& node) noexcept { push(node); }

  void look_through(void (*see)(Node& node, void* with), void* with) noexcept {
    for (Node* node = top_; node; node = node->next) see(*node, with);
  }

 private:
  Node* top_ = nullptr;
};

/// The lowest priority number first, equal ones in the order in which they were put.
class [[gnu::visibility("default")]] PriorityStorage {
 public:
  struct Node : HeapNode {
    double priority = 0;
    std::uint64_t sequence = 0;
  };

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  void push(Node& node) noexcept {
    node.sequence = ++last_sequence_;
    heap_.push(node);
  }
  Node* pop() noexcept { return heap_.pop(); }
  void put_back(Node& node) noexcept { heap_.push(node); }
  /// In no particular order.
  void look_through(void (*see)(Node& node, void* with), void* with) noexcept {
    for (Node* node = heap_.top(); node; node = heap_.following(*node)) see(*node, with);
  }

 private:
  struct Before {
    bool operator()(const Node& a, const Node& b) const noexcept {
      return a.priority != b.priority ? a.priority < b.priority : a.sequence < b.sequence;
    }
  };

  PairingHeap<Node, Before> heap_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace mtaio::lowlevel
