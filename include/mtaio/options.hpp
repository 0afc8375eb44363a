/// What can be said about a call of the executor.
#pragma once

#include <mtaio/limit.hpp>
#include <mtaio/timeout.hpp>

#include <optional>

namespace mtaio {

class Progress;

struct RunOptions {
  /// The task is asked to stop when this has passed; zero or less: it is never started.
  std::optional<Timeout> timeout{};
};

struct GatherOptions {
  /// How many tasks may be started and not yet finished, at every moment.
  Limit limit = no_limit;
  /// For the whole call.
  std::optional<Timeout> timeout{};
  /// For each task, counted from its start. For the plain functions of a `map` that is when a
  /// thread starts the function, however long it has been queued.
  std::optional<Timeout> task_timeout{};
  /// Told how far the call has come; null: nobody.
  Progress* progress = nullptr;
};

using MapOptions = GatherOptions;

}  // namespace mtaio
