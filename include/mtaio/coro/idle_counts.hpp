/// How many workers of a scheduler sleep, and how many look for work.
#pragma once

#include <mtaio/platform/asymmetric_fence.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mtaio::internal {

/// How many workers of a scheduler sleep, and how many look for work.
class IdleCounts {
 public:
  /// How many workers the counts have room for.
  static constexpr std::size_t kMost = (1U << 16U) - 1;

  /// Whether a worker should be woken for new work: one sleeps, and none is looking for work
  /// already.
  [[nodiscard]] bool should_notify() const noexcept {
    return should_notify(counts_.load(std::memory_order_relaxed));
  }
  /// How many sleep, if none is looking for work.
  [[nodiscard]] std::uint32_t sleeping() const noexcept {
    return counts_.load(std::memory_order_relaxed) % kSearching;
  }
  /// Both counts change at once.
  ///
  /// E2, the searcher: when the last worker that was looking for work stops doing so while others
  /// sleep, this executes the heavy half of the fence. What is looked at afterwards has all that
  /// pushers have published who found that worker still looking, and therefore woke none.
  void change(int sleeping, int searching) noexcept {
    const std::uint32_t by =
        static_cast<std::uint32_t>(sleeping) + static_cast<std::uint32_t>(searching) * kSearching;
    const std::uint32_t before = counts_.fetch_add(by, std::memory_order_seq_cst);
    if (searching < 0 && sleeping == 0 && should_notify(before + by)) asymmetric_fence_heavy();
  }

 private:
  static constexpr std::uint32_t kSearching = 1U << 16U;

  static bool should_notify(std::uint32_t counts) noexcept {
    return counts != 0 && counts < kSearching;
  }

  std::atomic<std::uint32_t> counts_{0};
};

}  // namespace mtaio::internal
