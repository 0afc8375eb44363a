/// Running many coroutines: the work of a gather() or map().
#pragma once

#include <mtaio/python/reference.hpp>

#include "module/gather/coroutine_source.hpp"
#include "module/gather/gather_options.hpp"
#include "module/gather/gather_results.hpp"
#include "module/gather/gather_workers.hpp"
#include "module/gather/progress.hpp"

#include <limits>
#include <optional>

namespace mtaio::python {

/// Starts coroutines in order, and collects what they end with. Its workers step them, each in a
/// copy of the context. All of it happens on one thread, in one loop.
///
/// It stops when a coroutine has failed, the time has run out or the caller was cancelled. Then no
/// coroutine starts any more. Futures that it was given and has not waited for are cancelled, and
/// the workers wait for them.
struct Gather {
  GatherResults results;
  CoroutineSource source;
  GatherWorkers workers;
  std::optional<ProgressReport> progress;
  GatherOptions options;
  /// Null until it begins.
  Reference loop;
  /// See LoopSettings.
  double slow_step = std::numeric_limits<double>::infinity();
  /// How many coroutines the progress was told of.
  Py_ssize_t reported_total = 0;
  /// It is a map(), not a gather().
  bool maps;
  bool stopping = false;
  /// It stops because the time has run out.
  bool timed_out = false;

  Gather(GatherOperation& operation, Reference list, CoroutineSource coroutines,
         const GatherOptions& given_options);

  [[nodiscard]] const char* name() const noexcept { return maps ? "map" : "gather"; }

  /// It begins in `running_loop`. The progress learns how many coroutines there are.
  void begin(PyObject* running_loop);
  /// Nothing starts any more, and running coroutines are cancelled. An exception that is set stays.
  void stop();
  /// The time for all of it has run out.
  void time_is_over();
  /// What it ends with: the list of the results, or null with an exception set.
  [[nodiscard]] PyObject* conclude();

  // For the workers.

  [[nodiscard]] bool has_more() noexcept { return (!stopping || !maps) && source.has_more(); }
  /// The number of the next coroutine, which counts as started.
  [[nodiscard]] Py_ssize_t start_next();
  /// All coroutines that there are have started.
  void source_exhausted();
  /// Coroutine number `index` has ended: with `result` (taken over), or null and the exception that
  /// is set.
  void ended(Py_ssize_t index, PyObject* result);
  /// The exception that is set is the failure of coroutine number `index`.
  void fail(Py_ssize_t index);

  /// Drops what may be part of a cycle.
  void clear() noexcept;
  int traverse(visitproc visit, void* arg) const;

 private:
  void fail_with(Py_ssize_t index, Reference error);
};

}  // namespace mtaio::python
