/// The options of the calls of a `TaskExecutor`.
#pragma once

#include <mtaio/limit.hpp>
#include <mtaio/timeout.hpp>

#include <optional>

namespace mtaio {

class Progress;

/// The options of `TaskExecutor::run`.
struct RunOptions {
  /// The task is asked to stop after this time. If the time is zero or less, the task is never
  /// started.
  std::optional<Timeout> timeout{};
};

/// The options of `TaskExecutor::gather`.
struct GatherOptions {
  /// The greatest number of tasks that have been started and have not finished.
  Limit limit = no_limit;
  /// The time for the whole call.
  std::optional<Timeout> timeout{};
  /// The time for each task, counted from its start. In a `map` of a plain function the time starts
  /// when a thread starts the function, not while the function is queued in the pool.
  std::optional<Timeout> task_timeout{};
  /// Counters that the call keeps up to date; null for none. They must outlive the call.
  Progress* progress = nullptr;
};

/// The options of `TaskExecutor::map`.
using MapOptions = GatherOptions;

/// The options of `TaskExecutor::stream`. Those that `MapOptions` has mean the same; the time for
/// the whole call begins with the first `next()`.
struct StreamOptions {
  /// The greatest number of tasks that have been started and whose results have not been taken.
  Limit limit = no_limit;
  std::optional<Timeout> timeout{};
  std::optional<Timeout> task_timeout{};
  Progress* progress = nullptr;
  /// Whether the results come in the order of the elements. Otherwise they come as the tasks end.
  bool ordered = true;
};

}  // namespace mtaio
