#include "interleave/waiting.hpp"

#include <algorithm>

namespace mtaio::testing::interleave {

void Waiting::begin() noexcept {
  mutexes_.clear();
  sleepers_.clear();
}

bool Waiting::is_locked(Address address) const noexcept {
  const auto known = mutexes_.find(address);
  return known != mutexes_.end() && known->second.owner != kNoThread;
}

void Waiting::enqueue(Address queue, int thread) {
  sleepers_.push_back({.queue = queue, .thread = thread});
}

int Waiting::dequeue(Address queue) noexcept {
  const auto first = std::ranges::find(sleepers_, queue, &Sleeper::queue);
  if (first == sleepers_.end()) return kNoThread;
  const int thread = first->thread;
  sleepers_.erase(first);
  return thread;
}

void Waiting::remove(int thread) noexcept {
  std::erase_if(sleepers_, [&](const Sleeper& sleeper) { return sleeper.thread == thread; });
}

}  // namespace mtaio::testing::interleave
