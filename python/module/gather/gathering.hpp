/// What gather() and map() of the executor return.
#pragma once

#include <mtaio/python/pending.hpp>
#include <mtaio/python/reference.hpp>

#include "module/gather/coroutine_source.hpp"
#include "module/gather/crewman.hpp"
#include "module/gather/gather_options.hpp"
#include "module/gather/progress.hpp"

#include <cstdint>
#include <vector>

namespace mtaio::python {

/// Runs many coroutines, at most `limit` at a time.
///
/// The work is done by a crew: asyncio tasks, each of which steps one coroutine after the other,
/// every one in a copy of the context. There is one to begin with; when its coroutine suspends,
/// more are made. So a thousand coroutines that never wait take one task, and a thousand that all
/// wait take `limit`. Coroutines start in order. All of it happens on one thread, in one loop.
///
/// Once it is stopping, because one has failed, the time is over or the caller was cancelled, no
/// coroutine starts. Futures that it was given and that have not been waited for are cancelled, and
/// the crew waits for them.
struct Gathering {
  struct Failure {
    Py_ssize_t index;
    Reference error;
  };
  enum class State : std::uint8_t { kNew, kRunning, kEnded };

  PyObject_HEAD PyObject* executor;
  PyObject* loop;
  PyObject* results;         // a list; what has not ended has None in it
  Pending* pending;          // what the caller waits for
  PyObject* stop;            // the exception that ended the caller's wait, to be raised in the end
  PyObject* timer;           // the loop's handle; null without a timeout
  ProgressReport* progress;  // null if none is wanted
  CoroutineSource* source;
  std::vector<Failure>* failures;  // by time
  std::vector<Reference>* hung;    // what some of those have ended with that the timeout cancelled
  Crewman* crew;                   // a list of those that live, which it owns
  double timeout;                  // in seconds, for all of it
  double task_timeout;             // for each coroutine
  double slow;                     // so long is slow for a step in debug mode; infinite otherwise
  Py_ssize_t limit;
  Py_ssize_t live;     // crewmen,
  Py_ssize_t fresh;    // and those of them who have not begun
  Py_ssize_t started;  // coroutines
  Py_ssize_t told;     // so many the progress was told there are
  bool maps;           // it is a map(), not a gather()
  bool return_exceptions;
  bool wraps_tasks;  // the loop has a factory for them, which may do anything
  bool stopping;
  bool timed_out;   // and that is because the time is over
  bool recruiting;  // a call of recruit() is below on the stack,
  bool want_more;   // and was asked for more
  State state;

  /// Takes over `source`, and closes what is in it if it fails. Null with an exception set.
  [[nodiscard]] static Gathering* create(PyObject* executor, CoroutineSource source,
                                         const GatherOptions& options);
  [[nodiscard]] const char* name() const noexcept { return maps ? "map" : "gather"; }

  // For the crew.

  [[nodiscard]] bool has_more() noexcept {
    return (!stopping || !maps) && source->has_more(started);
  }
  /// The number of the next coroutine, which counts as started.
  [[nodiscard]] Py_ssize_t start_next();
  /// Its source has ended: all that there are have started.
  void source_exhausted();
  /// Number `index` has ended: with a result (taken over), or null and the exception that is set.
  void ended(Py_ssize_t index, PyObject* result);
  /// Another crewman or two if there is work for them. What keeps them from being made is a failure
  /// like any other.
  void recruit();
  /// A crewman is about to do its first step,
  void begins(Crewman& crewman) noexcept;
  /// or will do none any more. It may be gone when this returns.
  void left(Crewman& crewman);
  void all_left();

  // For the caller.

  /// The clock starts, and the progress learns how many there are.
  void open();
  /// Nothing new starts, and what runs is asked to stop. An exception that is set stays.
  void stop_crew();
  /// Asks what runs to stop. An exception that is set stays.
  void cancel_crew();
  /// The time of all of it is over.
  void time_is_over();

 private:
  /// False with an exception set.
  bool try_to_recruit();
  /// Has the loop make the task of a crewman. False with an exception set.
  bool hire(Crewman& crewman);
  /// The exception that is set is a failure.
  void fails(Py_ssize_t index);
  void fails_with(Py_ssize_t index, Reference error);
  void put_result(Py_ssize_t index, PyObject* result);
  [[nodiscard]] bool wants_crewman() noexcept {
    return live < limit && has_more() && (live == 0 || fresh < source->at_most(started));
  }
};

}  // namespace mtaio::python
