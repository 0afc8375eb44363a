#include "interleave/random.hpp"

#include <algorithm>
#include <bit>

namespace mtaio::testing::interleave {

bool RandomExplorer::begin() {
  if (only_one_ && begun_) return false;
  begun_ = true;
  // The generator's seeds are 32 bits, and near ones begin alike.
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
  random_.seed(static_cast<std::uint32_t>((++next_seed_ * kGolden) >> 32));
  random_.discard(2);
  return true;
}

unsigned RandomExplorer::choose(unsigned count, Choice what) {
  switch (what) {
    case Choice::kReadFrom:
      return below(2) == 0 ? 0 : below(count);
    case Choice::kUpdateAfter:
    case Choice::kStoreAfter:
      return below(4) != 0 ? 0 : below(count);
    case Choice::kPatience:
      return below(count);
    case Choice::kFulfil:
    case Choice::kSpuriousFailure:
    case Choice::kSpuriousWakeUp:
      return below(16) != 0 ? 0 : below(count);
  }
  return 0;
}

unsigned RandomExplorer::below(unsigned count) {
  return static_cast<unsigned>((random_() - std::minstd_rand::min()) >> 4) % count;
}

int RandomExplorer::any_of(Actors actors) {
  for (unsigned skip = below(static_cast<unsigned>(std::popcount(actors))); skip > 0; --skip)
    actors &= actors - 1;
  return std::countr_zero(actors);
}

int Uniform::choose_actor(const Moment& moment) { return any_of(moment.enabled); }

bool Pct::begin() {
  if (!RandomExplorer::begin()) return false;
  longest_ = std::max(longest_, step_);
  step_ = 0;
  for (std::size_t& change : changes_) change = below(static_cast<unsigned>(longest_));
  // The lowest priorities are for the changes.
  lowest_ = static_cast<std::uint32_t>(changes_.size());
  for (std::uint32_t& priority : priorities_) priority = lowest_ + 1 + (below(1U << 20) << 6);
  for (std::size_t i = 0; i < priorities_.size(); ++i)
    priorities_[i] += static_cast<std::uint32_t>(i);
  return true;
}

int Pct::choose_actor(const Moment& moment) {
  const auto highest = [&] {
    int best = std::countr_zero(moment.enabled);
    for (int actor = best + 1; actor < kMostActors; ++actor)
      if (contains(moment.enabled, actor) && priorities_[static_cast<std::size_t>(actor)] >
                                                 priorities_[static_cast<std::size_t>(best)])
        best = actor;
    return best;
  };
  for (const std::size_t change : changes_)
    if (change == step_) priorities_[static_cast<std::size_t>(highest())] = lowest_--;
  ++step_;
  return highest();
}

}  // namespace mtaio::testing::interleave
