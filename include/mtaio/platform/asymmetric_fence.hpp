/// A full fence whose cost is paid by one of its two sides.
///
/// Two threads that each write one word and then read the other's word both need a full fence in
/// between. If one side does so millions of times a second and the other rarely, the rare side can
/// execute the fence for both: `membarrier(2)` makes every running thread of the process execute
/// one, and the frequent side only has to prevent the compiler from reordering. If the kernel
/// refuses membarrier, both sides execute an ordinary fence.
///
/// light/heavy  The frequent side writes, calls `asymmetric_fence_light()` and reads; the rare side
///              writes, calls `asymmetric_fence_heavy()` and reads. At least one of them reads what
///              the other has written.
#pragma once

#include <atomic>

namespace mtaio::internal {

/// Registers this process with the kernel. Must be called before the first fence of either kind,
/// and may be called repeatedly.
[[gnu::visibility("default")]] void asymmetric_fence_init() noexcept;

[[gnu::visibility("default")]] extern std::atomic<bool> asymmetric_fence_available;

/// Whether the rare side executes the fence for both. Never becomes false again.
[[nodiscard]] inline bool fenced_by_others() noexcept {
  return asymmetric_fence_available.load(std::memory_order_relaxed);
}

/// The fence of the frequent side.
inline void asymmetric_fence_light() noexcept {
  // seq_cst: light/heavy.
  if (fenced_by_others()) [[likely]] {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

/// The fence of the rare side.
[[gnu::visibility("default")]] void asymmetric_fence_heavy() noexcept;

/// The two sides for a `WorkDeque`, which is popped much more often than stolen from.
struct AsymmetricFences {
  // light/heavy.
  static void owner() noexcept { asymmetric_fence_light(); }
  static void thief() noexcept { asymmetric_fence_heavy(); }
};

/// The side of an owner that knows `fenced_by_others()` to be true: no instruction at all.
struct FencedByOthers {
  // seq_cst: light/heavy.
  static void owner() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
};

}  // namespace mtaio::internal
