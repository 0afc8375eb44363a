/// What an operation of ours has its task wait for.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// A future of asyncio as far as its tasks look at one: what an operation that waits hands to the
/// task that runs it. Half the work of an `asyncio.Future`, and its `repr` is the operation's. With
/// the GIL throughout.
struct Pending {
  PyObject_HEAD PyObject* loop;
  PyObject* callback;  // the first one; null if none
  PyObject* context;   // in which it is to be called
  PyObject* more;      // a list of further pairs, or null
  PyObject* message;   // given to cancel()
  PyObject* owner;     // the operation, for repr; borrowed
  bool blocking;       // what asyncio sets to learn that it was awaited properly
  bool cancelled;
  bool done;
  bool collected;  // by the garbage collector, which has found it unreachable

  /// For the running loop, as yielded by `owner`; null with an exception set.
  [[nodiscard]] static Pending* create(PyObject* loop);
  [[nodiscard]] static bool prepare_type();

  /// Has those called that wait, by the loop, or `at_once`: inside a callback of the loop that has
  /// nothing else left to do. Not if it was cancelled. On the loop's thread. False with an
  /// exception set.
  bool complete(bool at_once = false);
  /// The operation, which has `pending` (or null), waits no longer. If a task still waits, because
  /// another one has closed its operation, it is called, in vain, rather than never. An exception
  /// that is set stays.
  static void forget(Pending*& pending) noexcept;

  [[nodiscard]] PyObject* object() noexcept { return reinterpret_cast<PyObject*>(this); }
};

}  // namespace mtaio::python
