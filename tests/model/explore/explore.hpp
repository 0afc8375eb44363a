/// Runs random programs with many seeds.
#pragma once

#include "model/explore/program.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace model {

struct ExploreOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  /// How many processes share the work.
  unsigned jobs = 1;
  /// A schedule that takes longer hangs.
  std::chrono::seconds patience{30};
};

struct Failure {
  std::uint64_t seed;
  std::string what;
};

struct Exploration {
  std::uint64_t schedules = 0;
  /// Of all processes together, so that it says what a core can do on a machine that is busy.
  double cpu_seconds = 0;
  /// The first that was found; nothing more was tried then.
  std::optional<Failure> failure;
};

/// Runs the program once for each seed, in processes of their own: what crashes or hangs there is
/// a failure with a seed like any other.
[[nodiscard]] Exploration explore(const Entry& entry, const ExploreOptions& options);

/// Runs one seed in a process of its own, and gives what it prints: a line for each operation.
[[nodiscard]] std::vector<std::string> story_of(const Entry& entry, std::uint64_t seed);

}  // namespace model
