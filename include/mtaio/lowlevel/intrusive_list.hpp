/// A doubly linked list whose links are inside its elements: linking never allocates and cannot
/// fail.
#pragma once

#include <cstdint>
#include <utility>

namespace mtaio::lowlevel {

/// The links of an element. `Tag` lets one object be in several lists, one for each tag.
template <class Tag>
class ListNode {
 public:
  // While it is in no list, where its neighbours are is not said.
  constexpr ListNode() noexcept {}  // NOLINT(*-member-init, modernize-use-equals-default)
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  [[nodiscard]] bool linked() const noexcept { return linked_ != 0; }

 private:
  template <class T, class Tag2>
  friend class IntrusiveList;

  ListNode* previous_;
  ListNode* next_;
  std::uintptr_t linked_ = 0;  // a whole word, so that it is zeroed along with what follows
};

/// The list. It owns nothing; an element must be unlinked before it is destroyed. Not synchronised.
template <class T, class Tag = T>
class IntrusiveList {
  using Node = ListNode<Tag>;

 public:
  IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
  [[nodiscard]] T* front() const noexcept { return element(head_); }
  [[nodiscard]] T* back() const noexcept { return element(tail_); }
  [[nodiscard]] static T* next(T& of) noexcept { return element(node(of).next_); }

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
    Node& gone = node(item);
    (gone.previous_ ? gone.previous_->next_ : head_) = gone.next_;
    (gone.next_ ? gone.next_->previous_ : tail_) = gone.previous_;
    gone.linked_ = 0;
  }

  /// The first element, taken out; null when there is none.
  T* pop_front() noexcept {
    T* item = front();
    if (item) erase(*item);
    return item;
  }

  /// The last element, taken out; null when there is none.
  T* pop_back() noexcept {
    T* item = back();
    if (item) erase(*item);
    return item;
  }

  /// Appends everything that `other` holds, in its order.
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
