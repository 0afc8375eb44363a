/// Runs a scenario again and again, each time with the next call failing.
#pragma once

#include "proof/sweeps/scenario.hpp"

#include <array>
#include <cstddef>

namespace sweeps {

/// One run of a scenario with one fault.
struct Attempt {
  std::size_t failures = 0;           // how many calls failed
  std::size_t done_without = 0;       // of them
  bool reported = false;              // one of them came out of the scenario
  std::array<char, 300> complaint{};  // what is wrong; empty if all is well

  [[nodiscard]] bool all_well() const noexcept { return complaint[0] == '\0'; }
};

/// In a thread of its own, whose caches are empty, on a runtime with so many threads. Afterwards
/// everything is tried again, and nothing may be left.
Attempt attempt(const Scenario& scenario, std::size_t threads, const Fault& fault);

/// What has been tried.
struct Totals {
  std::size_t scenarios = 0;
  std::size_t attempts = 0;  // in which something failed
  std::size_t failures = 0;
  std::size_t reported = 0;  // attempts out of which the failure came
};

/// Lets the first call of that kind fail, then the second, and so on, until there are no more. What
/// is not well becomes a failed check of doctest.
void sweep(const Scenario& scenario, std::size_t threads, Fault::Kind kind, bool and_all_after,
           Totals& totals);

/// All scenarios, each way, with one thread and with two.
Totals sweep_all(Fault::Kind kind);

}  // namespace sweeps
