/// Runs a test in simulations with many seeds.
#pragma once

#include <mtaio/testing/simulation.hpp>

#include <cstdint>
#include <optional>

namespace mtaio::testing {

struct ExploreOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 10'000;
  /// The options of each simulation. Their seed is ignored.
  SimulationOptions simulation = {};
};

/// The seed in the environment variable MTAIO_SEED, if that is set. Throws `std::invalid_argument`
/// if it is not a number.
[[nodiscard, gnu::visibility("default")]] std::optional<std::uint64_t> seed_from_environment();
/// Prints on standard error which seed failed, and how to run it alone.
[[gnu::visibility("default")]] void report_seed(std::uint64_t seed) noexcept;

/// Calls `test(simulation)` once for each seed. If it throws, the seed is printed on standard error
/// and the exception is rethrown; nothing else counts as a failure. If the environment variable
/// MTAIO_SEED is a number, only that seed is tried.
///
/// From examples/retry_in_virtual_time.cpp:
///
///     mtaio::testing::explore(
///         [&attempts](Simulation& random) {
///           Server late;
///           if (random.run(ask_while_it_starts(late, 5s)) != "42") throw std::logic_error{"no answer"};
///           attempts.insert(late.asked());
///         },
///         {.seeds = 1000});
template <class Test>
void explore(Test test, ExploreOptions options = {}) {
  if (const auto only = seed_from_environment()) {
    options.first_seed = *only;
    options.seeds = 1;
  }
  options.simulation.seed = options.first_seed;
  Simulation simulation{options.simulation};
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    simulation.restart(options.first_seed + i);
    try {
      test(simulation);
    } catch (...) {
      report_seed(options.first_seed + i);
      throw;
    }
  }
}

}  // namespace mtaio::testing
