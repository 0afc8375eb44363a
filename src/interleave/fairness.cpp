#include "interleave/fairness.hpp"

#include <algorithm>

namespace mtaio::testing::interleave {

void Fairness::begin() noexcept { threads_.fill({}); }

void Fairness::yielded(int thread, Actors enabled) noexcept {
  Thread& self = threads_[static_cast<std::size_t>(thread)];
  const Actors others = enabled & ~actor_bit(thread);
  self.waits_for_any = true;
  self.waits_for = self.neglected & others;
  self.neglected = others;
}

void Fairness::stepped(int actor, Actors enabled) noexcept {
  for (int thread = 0; thread < kMostThreads; ++thread) {
    if (thread == actor) continue;
    Thread& each = threads_[static_cast<std::size_t>(thread)];
    each.waits_for_any = false;
    each.waits_for &= enabled & ~actor_bit(actor);
    each.neglected &= enabled & ~actor_bit(actor);
  }
  if (actor < kMostThreads) {
    Thread& self = threads_[static_cast<std::size_t>(actor)];
    self.waits_for_any = false;
    self.waits_for = 0;
    self.neglected &= enabled;
  }
}

Actors Fairness::not_waiting(Actors enabled) const noexcept {
  Actors others = enabled;
  for (int thread = 0; thread < kMostThreads; ++thread) {
    const Thread& each = threads_[static_cast<std::size_t>(thread)];
    if (each.waits_for_any || (each.waits_for & enabled) != 0) others &= ~actor_bit(thread);
  }
  return others;
}

Actors Fairness::allowed(Actors enabled) const noexcept {
  const Actors allowed = not_waiting(enabled);
  return allowed != 0 ? allowed : enabled;
}

bool SpinWatch::read(Site site, Address address, std::uint64_t value) {
  // Twice could be two calls of one function; a third time is a loop.
  constexpr int kTimes = 3;
  const auto known = std::ranges::find_if(reads_, [&](const Read& read) {
    return read.site == site && read.address == address && read.value == value;
  });
  if (known == reads_.end()) {
    reads_.push_back({.site = site, .address = address, .value = value, .times = 1});
    return false;
  }
  if (++known->times < kTimes) return false;
  reads_.clear();
  return true;
}

}  // namespace mtaio::testing::interleave
