/// The waiters of one primitive, and waiters that are about to be woken.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>

namespace mtaio::lowlevel {

/// The waiters of one primitive, in order of arrival. The lock of the primitive guards it.
class [[gnu::visibility("default")]] WaitList {
 public:
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

  /// Commits the waiter and adds it. False if `commit()` fails: then the waiter must not wait.
  [[nodiscard]] bool enlist(Waiter& waiter) noexcept {
    if (!waiter.commit()) return false;
    add(waiter);
    return true;
  }
  /// REQUIRES: the waiter has been committed.
  void add(Waiter& waiter) noexcept { waiting_.push_back(waiter); }
  /// Takes the waiter out if it is still in the list.
  void forget(Waiter& waiter) noexcept {
    if (static_cast<ListNode<Waiter>&>(waiter).linked()) waiting_.erase(waiter);
  }
  /// The first waiter that still waits; null when there is none. Takes out the waiters in front of
  /// it, whose wait has ended.
  [[nodiscard]] Waiter* first() noexcept {
    while (Waiter* waiter = waiting_.front()) {
      if (waiter->waits()) return waiter;
      waiting_.erase(*waiter);
    }
    return nullptr;
  }
  /// Claims the first waiter that still waits and takes it out; null when there is none.
  [[nodiscard]] Waiter* claim_first() noexcept {
    while (Waiter* waiter = waiting_.pop_front()) {
      if (waiter->claim()) return waiter;
    }
    return nullptr;
  }

 private:
  IntrusiveList<Waiter> waiting_;
};

/// Claimed waiters, to be woken once the lock of the primitive is released, because a woken task
/// may destroy the primitive. Declared before the guard of the lock, it wakes them by its
/// destructor.
class [[gnu::visibility("default")]] WakeList {
 public:
  WakeList() = default;
  WakeList(const WakeList&) = delete;
  WakeList& operator=(const WakeList&) = delete;
  ~WakeList() {
    if (!claimed_.empty()) wake_all();
  }

  [[nodiscard]] bool empty() const noexcept { return claimed_.empty(); }
  void add(Waiter& waiter) noexcept { claimed_.push_back(waiter); }
  void claim_all(WaitList& list) noexcept;
  void wake_all() noexcept;

 private:
  IntrusiveList<Waiter> claimed_;
};

}  // namespace mtaio::lowlevel
