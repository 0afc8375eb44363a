/// What the task that awaits an operation waits for.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// A future of asyncio as far as its tasks look at one: what an operation that waits gives to the
/// task that runs it. It takes half the time of an `asyncio.Future`, and its `repr` is that of the
/// operation. Used with the GIL only.
struct OperationFuture : PyObject {
  PyObject* loop;
  /// The first callback; null if there is none.
  PyObject* callback;
  /// The context in which it is to be called.
  PyObject* context;
  /// A list of further pairs of a callback and a context, or null.
  PyObject* more;
  /// What was given to cancel().
  PyObject* message;
  /// The operation, for repr; borrowed.
  PyObject* owner;
  /// asyncio sets this to learn whether the future was awaited properly.
  bool blocking;
  bool cancelled;
  bool done;
  /// The garbage collector has found it unreachable.
  bool collected;

  /// For the running loop, as yielded by `owner`; null with an exception set.
  [[nodiscard]] static OperationFuture* create(PyObject* loop, PyObject* owner);
  [[nodiscard]] static bool prepare_type();

  /// Has the loop call the callbacks, or calls the first one `immediately`: that is for callbacks
  /// of the loop that have nothing else left to do. Calls none if it was cancelled. On the loop's
  /// thread. False with an exception set.
  bool complete(bool immediately = false);
  /// Drops `future`, which may be null, for an operation that waits no longer. A task that still
  /// waits, because another one has closed its operation, is woken rather than left waiting
  /// forever. An exception that is set stays.
  static void drop(OperationFuture*& future) noexcept;
};

}  // namespace mtaio::python
