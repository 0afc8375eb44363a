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

  /// `count` workers sleep from now on that were not counted before.
  void add_sleeping(std::uint32_t count) noexcept { change(count); }
  /// A worker that works begins to search.
  void begin_search() noexcept { change(kSearching); }
  /// A worker that searches stops, in order to work.
  ///
  /// push/search, the searcher: when the last worker that searched stops while others sleep, this
  /// executes the heavy half of the fence, so that no caller can leave it out. A pusher that saw
  /// this worker search woke none; its work is visible to what the caller looks at after this call.
  void end_search() noexcept {
    if (should_notify(change(0U - kSearching))) asymmetric_fence_heavy();
  }
  /// A worker falls asleep. The caller executes the heavy half of the fence before its last look.
  void fall_asleep(bool was_searching) noexcept { change(was_searching ? 1U - kSearching : 1U); }
  /// A worker that sleeps wakes up, and searches.
  void wake_up() noexcept { change(kSearching - 1U); }

 private:
  static constexpr std::uint32_t kSearching = 1U << 16U;

  static bool should_notify(std::uint32_t counts) noexcept {
    return counts != 0 && counts < kSearching;
  }
  /// Changes both counts in one step; returns the new ones.
  std::uint32_t change(std::uint32_t by) noexcept {
    // Changes of one word have one order, which is all that is needed of them: push/sleep and
    // push/search are made by the fences.
    return counts_.fetch_add(by, std::memory_order_relaxed) + by;
  }

  // The sleeping workers in the lower half, those that search in the upper half.
  std::atomic<std::uint32_t> counts_{0};
};

}  // namespace mtaio::internal
