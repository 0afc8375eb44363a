/// The deque that workers steal from.
///
/// Chase and Lev's deque with a fixed number of slots, so that no memory ever has to be reclaimed
/// while a thief looks at it; an item that does not fit goes elsewhere. One owner pushes and pops
/// at the bottom, any thread takes from the top.
///
/// push/steal    The release store of `bottom_` in push() publishes the slot and all that the item
///               points to; the load of `bottom_` in steal() acquires it. So does each store that
///               lowers `bottom_`, for the slots that were pushed before. The stores that raise it
///               again come after the owner's fence, which publishes the same slots.
/// pop/steal     pop() lowers `bottom_` and then reads `top_`; steal() reads `top_` and then
///               `bottom_`. Each puts a full fence in between. So either the thief sees the lowered
///               bottom, or the owner sees that the thief may be at the last item; then the
///               exchange of `top_` decides between the two.
/// steal/reuse   push() acquires `top_` before it writes into a slot again, and thieves move `top_`
///               with release, only after they have read the slot. An exchange by the owner keeps
///               the thieves' releases visible.
///
/// An exchange of one word has one winner with any memory order, so no exchange needs more than
/// steal/reuse.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mtaio::internal {

/// The two full fences of pop/steal. A deque may be given others: an asymmetric pair; or none, if
/// no thread ever pops.
struct DequeFences {
  // pop/steal
  static void owner() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }
  static void thief() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }
};

template <class T, std::size_t kCapacity, class Fences = DequeFences>
class WorkDeque {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "the capacity is a power of two");

 public:
  WorkDeque() = default;
  WorkDeque(const WorkDeque&) = delete;
  WorkDeque& operator=(const WorkDeque&) = delete;

  static constexpr auto kSlots = static_cast<std::int64_t>(kCapacity);

  /// Owner only. False when full.
  [[nodiscard]] bool push(T* item) noexcept { return push_below(kSlots, item); }
  /// The same for a deque that takes fewer items at the moment: false when it holds `limit` or
  /// more. REQUIRES: `limit` is not above `kSlots`.
  [[nodiscard]] bool push_below(std::int64_t limit, T* item) noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    // steal/reuse: the last thief that read the slot is done with it.
    if (bottom - top_.load(std::memory_order_acquire) >= limit) return false;
    slot(bottom).store(item, std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_release);  // push/steal
    return true;
  }

  /// Owner only. The newest item, or null.
  [[nodiscard]] T* pop() noexcept {
    const std::int64_t last = bottom_.load(std::memory_order_relaxed) - 1;
    // The top only rises, so an outdated one is as good.
    if (top_.load(std::memory_order_relaxed) > last) return nullptr;
    bottom_.store(last, std::memory_order_release);  // pop/steal, push/steal
    Fences::owner();                                 // pop/steal
    std::int64_t top = top_.load(std::memory_order_relaxed);
    if (top > last) {
      bottom_.store(last + 1, std::memory_order_relaxed);
      return nullptr;
    }
    T* item = slot(last).load(std::memory_order_relaxed);
    if (top == last) {
      // The owner and the thieves compete for the last item.
      if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_relaxed)) item = nullptr;
      bottom_.store(last + 1, std::memory_order_relaxed);
    }
    return item;
  }

  /// Owner only. Takes the newest item if it is `item`; cheap when it is not. `Owner`: the owner's
  /// fence, if a cheaper fence than that of `Fences` also pairs with the thieves' fence.
  template <class Owner = Fences>
  [[nodiscard]] bool pop_if(const T* item) noexcept {
    // Only the owner writes slots. So the item that is read here is the newest one, unless it has
    // been stolen.
    const std::int64_t last = bottom_.load(std::memory_order_relaxed) - 1;
    if (slot(last).load(std::memory_order_relaxed) != item) return false;
    bottom_.store(last, std::memory_order_release);  // pop/steal, push/steal
    Owner::owner();                                  // pop/steal
    std::int64_t top = top_.load(std::memory_order_relaxed);
    if (top < last) return true;
    // The owner and the thieves compete for the last item.
    const bool taken =
        top == last && top_.compare_exchange_strong(top, top + 1, std::memory_order_relaxed);
    bottom_.store(last + 1, std::memory_order_relaxed);
    return taken;
  }

  /// Owner only, and only if no other thread ever steals. The oldest item, or null when there is
  /// none.
  [[nodiscard]] T* take_alone() noexcept {
    const std::int64_t top = top_.load(std::memory_order_relaxed);
    if (top >= bottom_.load(std::memory_order_relaxed)) return nullptr;
    T* item = slot(top).load(std::memory_order_relaxed);
    top_.store(top + 1, std::memory_order_relaxed);
    return item;
  }

  /// Owner only. The oldest item, or null when there is none. Needs no fence, because the owner
  /// knows the bottom: it competes only with thieves, and the exchange decides.
  [[nodiscard]] T* take_oldest() noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    std::int64_t top = top_.load(std::memory_order_relaxed);
    while (top < bottom) {
      T* item = slot(top).load(std::memory_order_relaxed);
      if (top_.compare_exchange_weak(top, top + 1, std::memory_order_relaxed)) return item;
    }
    return nullptr;
  }

  /// Any thread. The oldest item, or null when there is none.
  [[nodiscard]] T* steal() noexcept {
    for (;;) {
      std::int64_t top = top_.load(std::memory_order_relaxed);
      // An empty deque is not worth a fence.
      if (top >= bottom_.load(std::memory_order_relaxed)) return nullptr;
      Fences::thief();                                                     // pop/steal
      if (top >= bottom_.load(std::memory_order_acquire)) return nullptr;  // pop/steal, push/steal
      T* item = slot(top).load(std::memory_order_relaxed);
      // steal/reuse. If it fails, another thread took the item, so the deque as a whole has made
      // progress.
      if (top_.compare_exchange_strong(top, top + 1, std::memory_order_release,
                                       std::memory_order_relaxed)) {
        return item;
      }
    }
  }

  // Any thread. The next three are guesses unless no other thread uses the deque, or the caller has
  // executed a fence. They make no slot visible.

  /// How many items have been taken from the top so far.
  [[nodiscard]] std::int64_t taken() const noexcept { return top_.load(std::memory_order_relaxed); }
  /// The value of taken() once all items that are there now have been taken from the top.
  [[nodiscard]] std::int64_t taken_when_empty() const noexcept {
    return bottom_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool empty() const noexcept {
    return top_.load(std::memory_order_relaxed) >= bottom_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<T*>& slot(std::int64_t index) noexcept {
    return slots_[static_cast<std::size_t>(index) & (kCapacity - 1)];
  }

  // The oldest item; moved by the thread that takes it.
  alignas(64) std::atomic<std::int64_t> top_{0};
  // Behind the newest item; written by the owner.
  alignas(64) std::atomic<std::int64_t> bottom_{0};
  alignas(64) std::atomic<T*> slots_[kCapacity]{};
};

}  // namespace mtaio::internal
