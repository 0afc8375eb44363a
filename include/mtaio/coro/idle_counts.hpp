/// How many workers of a scheduler sleep, and how many search for work.
///
/// It carries two edges of the runtime, push/sleep and push/search, which src/runtime/idle.hpp
/// states. A simulation, where one thread at a time runs, needs neither.
#pragma once

#include <mtaio/platform/asymmetric_fence.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mtaio::internal {

/// How many workers of a scheduler sleep, and how many search for work. Any thread.
class IdleCounts {
 public:
  /// How many workers the counts have room for.
  static constexpr std::size_t kMost = (1U << 16U) - 1;

  /// Whether a worker should be woken for new work: one sleeps, and none searches already.
  [[nodiscard]] bool should_notify() const noexcept {
    return should_notify(counts_.load(std::memory_order_relaxed));
  }
  /// How many workers sleep, if none searches.
  [[nodiscard]] std::uint32_t sleeping() const noexcept {
    return counts_.load(std::memory_order_relaxed) % kSearching;
  }
  /// Changes both counts in one step.
  ///
  /// push/search, the searcher: when the last worker that searched stops while others sleep, this
  /// executes the heavy half of the fence, so that no caller can leave it out. A pusher that saw
  /// this worker search woke none; its work is visible to what the caller looks at after this call.
  void change(int sleeping, int searching) noexcept {
    const std::uint32_t by =
        static_cast<std::uint32_t>(sleeping) + static_cast<std::uint32_t>(searching) * kSearching;
    // push/sleep, push/search: all changes have one order, and what comes before one in its thread
    // is visible to the thread that makes the next one.
    const std::uint32_t before = counts_.fetch_add(by, std::memory_order_seq_cst);
    if (searching < 0 && sleeping == 0 && should_notify(before + by)) asymmetric_fence_heavy();
  }

 private:
  static constexpr std::uint32_t kSearching = 1U << 16U;

  static bool should_notify(std::uint32_t counts) noexcept {
    return counts != 0 && counts < kSearching;
  }

  // The sleeping workers in the lower half, those that search in the upper half.
  std::atomic<std::uint32_t> counts_{0};
};

}  // namespace mtaio::internal
