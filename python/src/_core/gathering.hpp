/// What gather() and map() of the executor return.
#pragma once

#include <mtaio/python/pending.hpp>
#include <mtaio/python/reference.hpp>

#include "_core/coroutine_source.hpp"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace mtaio::python {

struct Crewman;

/// Runs many coroutines, at most `limit` at a time.
///
/// The work is done by a crew: asyncio tasks, each of which steps one coroutine after the other,
/// every one in a copy of the context. There is one to begin with; when its coroutine suspends,
/// more are made. So a thousand coroutines that never wait take one task, and a thousand that all
/// wait take `limit`. Coroutines start in order. All of it happens on one thread, in one loop.
struct Gathering {
  enum class State : std::uint8_t { kNew, kRunning, kEnded };

  PyObject_HEAD PyObject* executor;
  PyObject* loop;
  PyObject* results;  // a list; what has not ended has None in it
  Pending* pending;   // what the caller waits for
  PyObject* stop;     // the exception that ended the caller's wait, to be raised in the end
  CoroutineSource* source;
  std::vector<std::pair<Py_ssize_t, PyObject*>>* failures;  // by time
  Crewman* crew;                                            // a list of those who live
  Py_ssize_t limit;
  Py_ssize_t live;     // crewmen,
  Py_ssize_t fresh;    // and those of them who have not begun
  Py_ssize_t started;  // coroutines
  bool maps;           // it is a map(), not a gather()
  bool return_exceptions;
  bool wraps_tasks;  // the loop has a factory for them, which may do anything
  bool stopping;
  bool recruiting;  // a call of recruit() is below on the stack,
  bool want_more;   // and was asked for more
  State state;

  /// Takes over `source`, and closes what is in it if it fails. Null with an exception set.
  [[nodiscard]] static Gathering* create(PyObject* executor, CoroutineSource source,
                                         Py_ssize_t limit, bool return_exceptions);
  static constexpr Py_ssize_t kNoLimit = std::numeric_limits<Py_ssize_t>::max();

  // For the crew.

  [[nodiscard]] bool has_more() noexcept { return !stopping && source->has_more(started); }
  /// Number `index` has ended: with a result (taken over), or null and the exception that is set.
  void ended(Py_ssize_t index, PyObject* result);
  /// Another crewman or two if there is work for them. What keeps them from being made is a failure
  /// like any other.
  void recruit();
  /// A crewman is about to do its first step,
  void begins(Crewman& crewman) noexcept;
  /// or will do none any more.
  void left(Crewman& crewman);
  void all_left();

  // For the caller.

  /// No further coroutine starts, and those that run are asked to stop. An exception that is set
  /// stays.
  void stop_crew();

 private:
  /// False with an exception set.
  bool try_to_recruit();
  /// Has the loop make the task of a crewman. False with an exception set.
  bool hire(Crewman& crewman);
  [[nodiscard]] bool wants_crewman() noexcept {
    return live < limit && has_more() && (live == 0 || fresh < source->at_most(started));
  }
};

/// A coroutine that steps coroutines: what a task of the crew runs.
struct Crewman {
  PyObject_HEAD Gathering* of;
  Crewman* previous;  // in the list of those who live
  Crewman* next;
  PyObject* task;     // the asyncio task that it is the coroutine of
  PyObject* child;    // what it steps; null between two
  PyObject* context;  // in which
  Py_ssize_t index;   // which it is
  bool pulls;         // the child is one of the asynchronous iterator
  bool begun;
  bool ended;

  [[nodiscard]] static Crewman* create(Gathering& of);
  /// Steps nothing any more.
  void leave();
  [[nodiscard]] static bool prepare_type();
};

}  // namespace mtaio::python
