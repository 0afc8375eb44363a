/// The table of scenarios: small programs that together use every public operation.
#pragma once

#include "proof/sweeps/world.hpp"

#include <span>
#include <vector>

namespace sweeps {

struct Scenario {
  const char* name = "";
  mtaio::Task<void> (*task)(World&) = nullptr;
  /// Instead of a task: a function for a plain thread, which starts what it runs itself.
  void (*function)(World&) = nullptr;
  /// A failure may go unseen, on purpose: nobody asks for the result, or a timeout, a stop request
  /// or another failure was faster.
  bool may_overlook = false;
  /// It starts threads, and makes do with fewer when one cannot be had.
  bool starts_threads = false;
};

std::span<const Scenario> running_scenarios();
std::span<const Scenario> single_task_scenarios();
std::span<const Scenario> gather_scenarios();
std::span<const Scenario> map_scenarios();
std::span<const Scenario> thread_scenarios();
std::span<const Scenario> created_task_scenarios();
std::span<const Scenario> queue_scenarios();
std::span<const Scenario> lock_scenarios();
std::span<const Scenario> waiting_scenarios();

/// All of them.
std::vector<Scenario> scenarios();

/// Whether all that a scenario uses still works. Throws `Wrong` if not.
mtaio::Task<void> probe(World& world);

}  // namespace sweeps
