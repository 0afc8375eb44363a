/// A full fence whose cost is paid by one side.
///
/// Two threads that each write one word and then read the other's need a full fence in between,
/// both of them. Where one side runs millions of times a second and the other now and then,
/// `membarrier(2)` lets the rare side force the fence onto every running thread of the process, and
/// the frequent side then only has to keep the compiler from reordering. Where the kernel refuses
/// membarrier, both sides execute an ordinary fence.
#pragma once

#include <atomic>

namespace mtaio::internal {

/// Registers this process with the kernel. Called before the first fence of either kind; again at
/// will.
[[gnu::visibility("default")]] void asymmetric_fence_init() noexcept;

[[gnu::visibility("default")]] extern std::atomic<bool> asymmetric_fence_available;

/// Whether the frequent side is fenced by the other one. Once it is, that is for good.
[[nodiscard]] inline bool fenced_by_others() noexcept {
  return asymmetric_fence_available.load(std::memory_order_relaxed);
}

/// The frequent side.
inline void asymmetric_fence_light() noexcept {
  if (fenced_by_others()) [[likely]] {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

/// The rare side.
[[gnu::visibility("default")]] void asymmetric_fence_heavy() noexcept;

/// The pair for a `WorkDeque` that is popped much more often than stolen from.
struct AsymmetricFences {
  static void owner() noexcept { asymmetric_fence_light(); }
  static void thief() noexcept { asymmetric_fence_heavy(); }
};

/// The same for an owner who knows that it is `fenced_by_others()`: no instruction at all.
struct FencedByOthers {
  static void owner() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
};

}  // namespace mtaio::internal
