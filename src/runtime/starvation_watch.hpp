/// Notices jobs that are ready and do not get their turn.
#pragma once

#include <cstdint>

namespace mtaio::runtime {

/// Watches a queue whose items are taken in order, by counts that only rise. It picks one item, and
/// waits until as many have been taken as were there with it; then it picks the next one.
///
/// Every worker has one for each place where its work lies. Debug builds ask it once in a while.
class StarvationWatch {
 public:
  /// For so many turns a job may be ready without being run, apart from those that its worker needs
  /// for what was ready before it.
  static constexpr std::uint64_t kPatience = 10'000;

  /// After `turn` turns of the worker `taken` items have been taken so far, and it will be `all`
  /// when all that are here now have been, each of which may take `turns_an_item`. False if the
  /// item that is watched is overdue.
  [[nodiscard]] bool look(std::uint64_t turn, std::int64_t taken, std::int64_t all,
                          std::uint64_t turns_an_item) noexcept {
    if (taken >= all || taken >= until_) {  // nothing is here, or what was watched is gone
      until_ = all;
      begin_ = turn;
      patience_ = kPatience + turns_an_item * static_cast<std::uint64_t>(all - taken);
      return true;
    }
    return turn - begin_ <= patience_;
  }

 private:
  std::int64_t until_ = 0;
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
