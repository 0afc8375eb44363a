/// The waiters of one primitive, in order of arrival.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>

namespace mtaio::lowlevel {

/// Those who wait for the same thing, in order of arrival. Guarded by the lock of the primitive it
/// is part of.
class [[gnu::visibility("default")]] WaitList {
 public:
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

  /// Commits the waiter and adds it. False if it was asked to stop: then it does not wait.
  [[nodiscard]] bool enlist(Waiter& waiter) noexcept {
    if (!waiter.commit()) return false;
    add(waiter);
    return true;
  }
  void add(Waiter& waiter) noexcept { waiting_.push_back(waiter); }
  /// Takes the waiter out if it is still in.
  void forget(Waiter& waiter) noexcept {
    if (static_cast<ListNode<Waiter>&>(waiter).linked()) waiting_.erase(waiter);
  }
  /// The first one that is still waiting, claimed and taken out; null when there is none.
  [[nodiscard]] Waiter* claim_first() noexcept {
    while (Waiter* waiter = waiting_.pop_front()) {
      if (waiter->claim()) return waiter;
    }
    return nullptr;
  }

 private:
  IntrusiveList<Waiter> waiting_;
};

/// Waiters that have been claimed, to be woken once the lock is released: a woken one may destroy
/// the primitive.
class [[gnu::visibility("default")]] WakeList {
 public:
  WakeList() = default;
  WakeList(const WakeList&) = delete;
  WakeList& operator=(const WakeList&) = delete;
  ~WakeList() {
    if (!claimed_.empty()) wake_all();
  }

  void add(Waiter& waiter) noexcept { claimed_.push_back(waiter); }
  void claim_all(WaitList& list) noexcept;
  void wake_all() noexcept;

 private:
  IntrusiveList<Waiter> claimed_;
};

}  // namespace mtaio::lowlevel
