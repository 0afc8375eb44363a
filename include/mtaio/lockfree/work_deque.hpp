/// The deque that workers steal from.
///
/// Chase and Lev's deque with a fixed number of slots, so that nothing ever has to be reclaimed
/// while a thief looks at it; what does not fit goes elsewhere. One owner pushes and pops at the
/// bottom, anybody takes from the top.
///
/// E1  push -> steal   The release store of `bottom_` in push() publishes the slot and whatever the
///                     item points to; the load of `bottom_` in steal() acquires it. Every other
///                     store to `bottom_` is a release too, so that a thief that reads one of
///                     those still acquires the slots pushed before.
/// E2  pop <-> steal   pop() lowers `bottom_` and then reads `top_`; steal() reads `top_` and then
///                     `bottom_`. Each side puts a full fence in between, so either the thief sees
///                     the lowered bottom, or the owner sees that the thief may be at the last
///                     item, and then both decide it by the exchange of `top_`.
/// E3  steal -> push   push() acquires `top_` before it writes into a slot again, and thieves move
///                     `top_` only after they have read the slot.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mtaio::internal {

/// The two full fences of E2. A deque may be given others: an asymmetric pair; or none, if nobody
/// ever pops.
struct DequeFences {
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
  /// The same for a deque that takes fewer items for the time being: false when it holds `limit`
  /// or more. REQUIRES: `limit` is not above `kSlots`.
  [[nodiscard]] bool push_below(std::int64_t limit, T* item) noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    // E3: the slot's last reader is done with it.
    if (bottom - top_.load(std::memory_order_acquire) >= limit) return false;
    slot(bottom).store(item, std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_release);  // E1
    return true;
  }

  /// Owner only. The newest item, or null.
  [[nodiscard]] T* pop() noexcept {
    const std::int64_t last = bottom_.load(std::memory_order_relaxed) - 1;
    // The top only rises, so an outdated one is as good.
    if (top_.load(std::memory_order_relaxed) > last) return nullptr;
    bottom_.store(last, std::memory_order_release);  // E2, E1
    Fences::owner();                                 // E2
    std::int64_t top = top_.load(std::memory_order_relaxed);
    if (top > last) {
      bottom_.store(last + 1, std::memory_order_release);  // E1
      return nullptr;
    }
    T* item = slot(last).load(std::memory_order_relaxed);
    if (top == last) {
      if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                        std::memory_order_relaxed)) {
        item = nullptr;
      }
      bottom_.store(last + 1, std::memory_order_release);  // E1
    }
    return item;
  }

  /// Owner only. Takes the newest item if it is `item`; cheap when it is not. `Owner`: an owner's
  /// fence that goes with the thieves'.
  template <class Owner = Fences>
  [[nodiscard]] bool pop_if(const T* item) noexcept {
    // Only the owner writes slots, so this one may be outdated only in that it has been stolen.
    const std::int64_t last = bottom_.load(std::memory_order_relaxed) - 1;
    if (slot(last).load(std::memory_order_relaxed) != item) return false;
    bottom_.store(last, std::memory_order_release);  // E2, E1
    Owner::owner();                                  // E2
    std::int64_t top = top_.load(std::memory_order_relaxed);
    if (top < last) return true;
    const bool taken =
        top == last && top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                                    std::memory_order_relaxed);
    bottom_.store(last + 1, std::memory_order_release);  // E1
    return taken;
  }

  /// Owner only, and only if nobody else ever steals. The oldest item, or null when there is none.
  [[nodiscard]] T* take_alone() noexcept {
    const std::int64_t top = top_.load(std::memory_order_relaxed);
    if (top >= bottom_.load(std::memory_order_relaxed)) return nullptr;
    T* item = slot(top).load(std::memory_order_relaxed);
    top_.store(top + 1, std::memory_order_release);  // E3, should the owner become another thread
    return item;
  }

  /// Owner only. The oldest item, or null when there is none. Needs no fence, for the owner knows
  /// the bottom: thieves are all that it competes with, and the exchange decides that.
  [[nodiscard]] T* take_oldest() noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    std::int64_t top = top_.load(std::memory_order_acquire);
    while (top < bottom) {
      T* item = slot(top).load(std::memory_order_relaxed);
      if (top_.compare_exchange_weak(top, top + 1, std::memory_order_seq_cst,
                                     std::memory_order_acquire)) {
        return item;
      }
    }
    return nullptr;
  }

  /// Anybody. The oldest item, or null when there is none.
  [[nodiscard]] T* steal() noexcept {
    for (;;) {
      std::int64_t top = top_.load(std::memory_order_acquire);             // E2
      if (top >= bottom_.load(std::memory_order_acquire)) return nullptr;  // not worth a fence
      Fences::thief();                                                     // E2
      if (top >= bottom_.load(std::memory_order_acquire)) return nullptr;  // E2, E1
      T* item = slot(top).load(std::memory_order_relaxed);
      // release: E3. Failure: somebody else took it, so the deque as a whole has made progress.
      if (top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                       std::memory_order_relaxed)) {
        return item;
      }
    }
  }

  /// How many items have been taken from the top so far, and the same if all that are there now had
  /// been. Anybody; guesses unless nobody else is at it.
  [[nodiscard]] std::int64_t taken() const noexcept { return top_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t taken_when_empty() const noexcept {
    return bottom_.load(std::memory_order_acquire);
  }

  /// Anybody; a guess unless nobody else is at it.
  [[nodiscard]] bool empty() const noexcept {
    return top_.load(std::memory_order_acquire) >= bottom_.load(std::memory_order_acquire);
  }

 private:
  std::atomic<T*>& slot(std::int64_t index) noexcept {
    return slots_[static_cast<std::size_t>(index) & (kCapacity - 1)];
  }

  alignas(64) std::atomic<std::int64_t> top_{0};     // the oldest item; moved by whoever takes it
  alignas(64) std::atomic<std::int64_t> bottom_{0};  // behind the newest; written by the owner
  alignas(64) std::atomic<T*> slots_[kCapacity]{};
};

}  // namespace mtaio::internal
