/// A doubly linked list whose links are inside its elements: linking never allocates and cannot
/// fail.
#pragma once

#include <cstdint>
#include <utility>

namespace mtaio::lowlevel {

/// The links of an element: a `T` derives from `ListNode<T>`.
template <class T>
class ListNode {
 public:
  // The links to the neighbours are not initialised while the element is not in a list.
  constexpr ListNode() noexcept {}  // NOLINT(*-member-init, modernize-use-equals-default)
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  [[nodiscard]] bool linked() const noexcept { return linked_ != 0; }

 private:
  template <class Element>
  friend class IntrusiveList;

  ListNode* previous_;
  ListNode* next_;
  // A whole word, so that one instruction zeroes it together with the member that follows.
  std::uintptr_t linked_ = 0;
};

/// The list. It owns nothing: an element must be taken out before it is destroyed. Not
/// synchronised.
template <class T>
class IntrusiveList {
  using Node = ListNode<T>;

 public:
  IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
  [[nodiscard]] T* front() const noexcept { return element(head_); }
  [[nodiscard]] T* back() const noexcept { return element(tail_); }
  /// The element after `item`; null after the last. REQUIRES: `item` is in a list.
  [[nodiscard]] static T* next(T& item) noexcept { return element(node(item).next_); }
  /// Whether `item` is in a list. For an element that has several bases with a `linked()`.
  [[nodiscard]] static bool linked(const T& item) noexcept {
    return static_cast<const Node&>(item).linked();
  }

  void push_back(T& item) noexcept {
    Node& added = node(item);
    added.previous_ = tail_;
    added.next_ = nullptr;
    added.linked_ = 1;
    (tail_ ? tail_->next_ : head_) = &added;
    tail_ = &added;
  }

  void push_front(T& item) noexcept {
    Node& added = node(item);
    added.previous_ = nullptr;
    added.next_ = head_;
    added.linked_ = 1;
    (head_ ? head_->previous_ : tail_) = &added;
    head_ = &added;
  }

  /// REQUIRES: `item` is in this list.
  void erase(T& item) noexcept {
    Node& removed = node(item);
    (removed.previous_ ? removed.previous_->next_ : head_) = removed.next_;
    (removed.next_ ? removed.next_->previous_ : tail_) = removed.previous_;
    removed.linked_ = 0;
  }

  /// Takes out the first element and returns it; null if there is none.
  T* pop_front() noexcept {
    T* item = front();
    if (item) erase(*item);
    return item;
  }

  /// Appends all elements of `other`, in their order, and leaves `other` empty.
  void splice_back(IntrusiveList& other) noexcept {
    if (other.empty()) return;
    other.head_->previous_ = tail_;
    (tail_ ? tail_->next_ : head_) = other.head_;
    tail_ = other.tail_;
    other.head_ = other.tail_ = nullptr;
  }

 private:
  static Node& node(T& item) noexcept { return static_cast<Node&>(item); }
  static T* element(Node* node) noexcept { return static_cast<T*>(node); }

  Node* head_ = nullptr;
  Node* tail_ = nullptr;
};

}  // namespace mtaio::lowlevel
