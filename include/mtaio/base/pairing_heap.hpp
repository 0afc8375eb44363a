/// A priority queue whose links are inside its elements: inserting and removing never allocate and
/// cannot fail.
#pragma once

namespace mtaio::internal {

/// The links of an element.
class HeapNode {
 public:
  HeapNode() = default;
  HeapNode(const HeapNode&) = delete;
  HeapNode& operator=(const HeapNode&) = delete;

 private:
  template <class T, class Before>
  friend class PairingHeap;

  /// The first child.
  HeapNode* child_ = nullptr;
  /// The next sibling.
  HeapNode* next_ = nullptr;
  /// The previous sibling; for the first child, the parent; for the root, null.
  HeapNode* previous_ = nullptr;
};

/// A pairing heap. Insertion is O(1), and so is the removal of an element without children, such as
/// a timer that is disarmed before its deadline; other removals are amortised O(log n). Iterative,
/// so no number of elements grows the stack. `Before(a, b)` must not throw. It owns nothing, and is
/// not synchronised.
template <class T, class Before>
class PairingHeap {
 public:
  PairingHeap() = default;
  PairingHeap(const PairingHeap&) = delete;
  PairingHeap& operator=(const PairingHeap&) = delete;

  [[nodiscard]] bool empty() const noexcept { return root_ == nullptr; }
  [[nodiscard]] T* top() const noexcept { return static_cast<T*>(root_); }

  void push(T& item) noexcept {
    HeapNode& added = item;
    added.child_ = added.next_ = added.previous_ = nullptr;
    root_ = root_ ? merge(root_, &added) : &added;
  }

  /// Takes out the first element and returns it; null if there is none.
  T* pop() noexcept {
    T* item = top();
    if (item) root_ = merge_siblings(root_->child_);
    return item;
  }

  /// The next element of a walk through all elements, which begins with `top()` and has no
  /// particular order; null after the last.
  [[nodiscard]] T* following(const T& item) const noexcept {
    const HeapNode* node = &item;
    if (node->child_) return static_cast<T*>(node->child_);
    while (!node->next_) {
      // The parent is the `previous_` of the first sibling.
      while (node->previous_ && node->previous_->child_ != node) node = node->previous_;
      node = node->previous_;
      if (!node) return nullptr;
    }
    return static_cast<T*>(node->next_);
  }

  /// REQUIRES: `item` is in this heap.
  void erase(T& item) noexcept {
    HeapNode& removed = item;
    if (&removed == root_) {
      root_ = merge_siblings(removed.child_);
      return;
    }
    if (removed.previous_->child_ == &removed) {
      removed.previous_->child_ = removed.next_;
    } else {
      removed.previous_->next_ = removed.next_;
    }
    if (removed.next_) removed.next_->previous_ = removed.previous_;
    if (HeapNode* below = merge_siblings(removed.child_)) root_ = merge(root_, below);
  }

 private:
  static bool before(const HeapNode* a, const HeapNode* b) noexcept {
    return Before{}(*static_cast<const T*>(a), *static_cast<const T*>(b));
  }

  /// Merges two trees, given by roots without siblings.
  static HeapNode* merge(HeapNode* a, HeapNode* b) noexcept {
    if (before(b, a)) {
      HeapNode* swapped = a;
      a = b;
      b = swapped;
    }
    b->previous_ = a;
    b->next_ = a->child_;
    if (a->child_) a->child_->previous_ = b;
    a->child_ = b;
    a->next_ = a->previous_ = nullptr;
    return a;
  }

  /// Merges a list of siblings into one tree: first in pairs, from left to right, then the pairs,
  /// from right to left.
  static HeapNode* merge_siblings(HeapNode* first) noexcept {
    // The merged pairs, the last one first, linked by next_.
    HeapNode* pairs = nullptr;
    while (first) {
      HeapNode* a = first;
      HeapNode* b = a->next_;
      first = b ? b->next_ : nullptr;
      HeapNode* pair = a;
      if (b) {
        pair = merge(a, b);
      } else {
        a->previous_ = nullptr;
      }
      pair->next_ = pairs;
      pairs = pair;
    }
    HeapNode* root = pairs;
    if (root) {
      pairs = root->next_;
      root->next_ = nullptr;
    }
    while (pairs) {
      HeapNode* next = pairs->next_;
      root = merge(root, pairs);
      pairs = next;
    }
    return root;
  }

  HeapNode* root_ = nullptr;
};

}  // namespace mtaio::internal
