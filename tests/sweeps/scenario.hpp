/// The table of scenarios: small programs that together use every public operation.
#pragma once

#include "sweeps/world.hpp"

#include <span>
#include <vector>

namespace sweeps {

struct Scenario {
  const char* name;
  mtaio::Task<void> (*task)(World&) = nullptr;
  /// Instead of a task: a function for a plain thread, which starts what it runs itself.
  void (*function)(World&) = nullptr;
  /// A failure may go unseen, on purpose: the scenario leaves results alone.
  bool may_overlook = false;
};

std::span<const Scenario> running_scenarios();
std::span<const Scenario> single_task_scenarios();
std::span<const Scenario> gather_scenarios();
std::span<const Scenario> map_scenarios();
std::span<const Scenario> thread_scenarios();
std::span<const Scenario> created_task_scenarios();
std::span<const Scenario> queue_scenarios();
std::span<const Scenario> waiting_scenarios();

/// All of them.
std::vector<Scenario> scenarios();

/// Whether all that a scenario uses still works. Throws `Wrong` if not.
mtaio::Task<void> probe(World& world);

}  // namespace sweeps
