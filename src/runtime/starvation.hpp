/// What debug builds do about jobs that never run.
#pragma once

#include "runtime/injector.hpp"
#include "runtime/worker.hpp"

namespace mtaio::runtime {

/// Whether workers look for jobs that are ready and never run.
#ifdef NDEBUG
inline constexpr bool kWatchesForStarvation = false;
#else
inline constexpr bool kWatchesForStarvation = true;
#endif

/// Ends the program with a message if a job in one of these places is ready and does not run. No
/// known path leads there. Called by the thread of `worker` each time that `Tick::is_for_look()`.
void look_for_starvation(Worker& worker, Injector& injector) noexcept;

}  // namespace mtaio::runtime
