/// Notices jobs that are ready and never run.
#pragma once

#include <cstdint>

namespace mtaio::runtime {

/// Watches a queue whose items are taken in order, by counts that only rise. It picks the newest
/// item, and waits until that and all items before it have been taken; then it picks the next one.
///
/// Every worker has one for each of its queues. Debug builds ask it once in a while.
class StarvationWatch {
 public:
  /// How many ticks a job may be ready before it runs, in addition to the ticks that its worker
  /// needs for the jobs that were ready before it.
  static constexpr std::uint64_t kPatience = 10'000;

  /// `taken`: the number of items taken so far at the worker's tick `tick`. `all`: the value of
  /// `taken` once every item now in the queue has been taken. Each of them may need
  /// `ticks_an_item`. Returns false if the watched item is overdue.
  [[nodiscard]] bool look(std::uint64_t tick, std::int64_t taken, std::int64_t all,
                          std::uint64_t ticks_an_item) noexcept {
    if (taken >= all || taken >= until_) {  // the queue is empty, or the watched item was taken
      until_ = all;
      begin_ = tick;
      patience_ = kPatience + ticks_an_item * static_cast<std::uint64_t>(all - taken);
      return true;
    }
    return tick - begin_ <= patience_;
  }

 private:
  // The watched item is taken when this many are.
  std::int64_t until_ = 0;
  // The tick at which it was picked.
  std::uint64_t begin_ = 0;
  std::uint64_t patience_ = 0;
};

/// What a worker watches in debug builds.
struct StarvationWatches {
  // Tick overflows, this does not.
  std::uint64_t ticks = 0;
  StarvationWatch ready;
  StarvationWatch fan_outs;
  StarvationWatch injected;
};

}  // namespace mtaio::runtime
