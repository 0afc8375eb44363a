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

  HeapNode* child_ = nullptr;  // the first of the nodes below this one
  HeapNode* next_ = nullptr;   // the next of those below the same parent
  HeapNode* previous_ =
      nullptr;  // the one before it there; for the first one, the parent; for the root, null
};

/// A pairing heap: O(1) insertion, and O(1) removal of an element that has nothing below it, which
/// is what a timer armed and disarmed before its time is; amortised O(log n) for the rest.
/// Iterative throughout, so no number of elements grows the stack. `Before(a, b)` must not throw.
/// Owns nothing; not synchronised.
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

  /// The first element, taken out; null when there is none.
  T* pop() noexcept {
    T* item = top();
    if (item) root_ = merge_siblings(root_->child_);
    return item;
  }

  /// Walks through all elements, from top() on, in no particular order; null after the last.
  [[nodiscard]] T* following(const T& item) const noexcept {
    const HeapNode* node = &item;
    if (node->child_) return static_cast<T*>(node->child_);
    while (!node->next_) {
      // Up to the parent: past the siblings before it, to the first, whose previous one it is.
      while (node->previous_ && node->previous_->child_ != node) node = node->previous_;
      node = node->previous_;
      if (!node) return nullptr;
    }
    return static_cast<T*>(node->next_);
  }

  /// REQUIRES: `item` is in this heap.
  void erase(T& item) noexcept {
    HeapNode& gone = item;
    if (&gone == root_) {
      root_ = merge_siblings(gone.child_);
      return;
    }
    if (gone.previous_->child_ == &gone) {
      gone.previous_->child_ = gone.next_;
    } else {
      gone.previous_->next_ = gone.next_;
    }
    if (gone.next_) gone.next_->previous_ = gone.previous_;
    if (HeapNode* below = merge_siblings(gone.child_)) root_ = merge(root_, below);
  }

 private:
  static bool before(const HeapNode* a, const HeapNode* b) noexcept {
    return Before{}(*static_cast<const T*>(a), *static_cast<const T*>(b));
  }

  /// Joins two trees; each is given by a root that is in no list of siblings.
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

  /// Joins a list of siblings into one tree: pairwise from the left, then what came out from the
  /// right.
  static HeapNode* merge_siblings(HeapNode* first) noexcept {
    HeapNode* pairs = nullptr;  // merged pairs, the last one first, linked by next_
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
