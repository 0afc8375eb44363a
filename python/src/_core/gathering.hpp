/// What gather() and map() of the executor return.
#pragma once

#include <mtaio/python/pending.hpp>
#include <mtaio/python/reference.hpp>

#include <cstddef>
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
  enum class Next : std::uint8_t { kReady, kExhausted, kFailed };

  /// Where the coroutines come from. All of them are owned references.
  struct Source {
    std::vector<PyObject*> given;  // those of gather(); null once started, and where it is a copy
    std::vector<std::pair<Py_ssize_t, Py_ssize_t>> copies;  // position and that of the original
    PyObject* function = nullptr;                           // that of map(),
    std::vector<PyObject*> iterators;                       // and what it is applied to,
    PyObject* async_iterator = nullptr;                     // or an asynchronous iterator of tuples
    bool exhausted = false;
    bool pulling = false;  // a crewman awaits the asynchronous iterator
  };

  PyObject_HEAD PyObject* executor;
  PyObject* loop;
  PyObject* results;  // a list; what has not ended has None in it
  Pending* pending;   // what the caller waits for
  PyObject* stop;     // the exception that ended the caller's wait, to be raised in the end
  Source* source;
  std::vector<std::pair<Py_ssize_t, PyObject*>>* failures;  // by time
  Crewman* crew;                                            // a list of those who live
  Py_ssize_t limit;
  Py_ssize_t live;     // crewmen
  Py_ssize_t started;  // coroutines
  bool maps;           // it is a map(), not a gather()
  bool return_exceptions;
  bool stopping;
  bool recruiting;  // a call of recruit() is below on the stack,
  bool want_more;   // and was asked for more
  State state;

  /// Takes over `source`, and closes what is in it if it fails. Null with an exception set.
  [[nodiscard]] static Gathering* create(PyObject* executor, Source source, Py_ssize_t limit,
                                         bool return_exceptions);
  static constexpr Py_ssize_t kNoLimit = std::numeric_limits<Py_ssize_t>::max();

  // For the crew.

  [[nodiscard]] bool has_more() noexcept;
  /// The next coroutine to run, or the next awaitable of the asynchronous iterator, which `pulled`
  /// says.
  Next next(PyObject*& awaitable, bool& pulled);
  /// The coroutine for what was pulled (borrowed).
  Next apply(PyObject* arguments, PyObject*& awaitable);
  /// Number `index` has ended: with a result (taken over), or null and the exception that is set.
  void ended(Py_ssize_t index, PyObject* result);
  /// Another crewman or two if there is work for them. False with an exception set.
  bool recruit();
  /// The same for one who cannot raise it: then that is a failure like any other.
  void recruit_or_fail();
  void left(Crewman& crewman);
  void all_left();

  // The protocol; see bridge/operation.hpp.
  static PySendResult resume(Gathering* self, PyObject* error, PyObject** result);
  static bool idle(Gathering* self) noexcept;
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
  bool ended;

  [[nodiscard]] static Crewman* create(Gathering& of);
  [[nodiscard]] static bool prepare_type();

  // The protocol; see bridge/operation.hpp.
  static PySendResult resume(Crewman* self, PyObject* error, PyObject** result);
  static bool idle(Crewman* self) noexcept;
};

/// The iterator with which an awaitable is awaited (new reference): a coroutine itself. Null with
/// an exception set.
[[nodiscard]] PyObject* iterator_of(PyObject* awaitable);
/// Whether it can be awaited.
[[nodiscard]] bool is_awaitable(PyObject* object) noexcept;
/// Closes a coroutine that was handed over and will not run; an exception that is set stays.
void close_unstarted(PyObject* awaitable) noexcept;
/// One step of an iterator from iterator_of(), with an exception (borrowed) or without.
[[nodiscard]] PySendResult step(PyObject* iterator, PyObject* error, PyObject** result);

}  // namespace mtaio::python
