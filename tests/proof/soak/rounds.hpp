/// What is done again and again, a little different each time.
#pragma once

#include <mtaio/core.hpp>

#include "proof/soak/ledger.hpp"

#include <cstdint>

namespace soak {

/// splitmix64, by Sebastiano Vigna.
class Random {
 public:
  explicit Random(std::uint32_t seed) noexcept : state_{seed} {}
  std::uint32_t operator()() noexcept {
    std::uint64_t bits = state_ += 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<std::uint32_t>(bits >> 32U);
  }

 private:
  std::uint64_t state_;
};

/// Producers and consumers, some of them stopped, of a queue that is shut down in the middle.
mtaio::Task<void> shut_a_queue_down(std::uint32_t seed, Totals& totals);

/// Trees of tasks that fail, time out, are cancelled, and whose executors go while they run.
mtaio::Task<void> grow_trees(std::uint32_t seed, Totals& totals);

/// Tasks and plain threads use a queue, and what they have seen is checked.
void record_a_history(std::uint32_t seed, Totals& totals);

/// Tasks of many kinds on few workers: nothing that is ready waits for longer than the machine and
/// the number of tasks explain.
void take_turns(std::uint32_t seed, Totals& totals);

}  // namespace soak
