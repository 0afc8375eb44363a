/// What run() of the executor returns.
#pragma once

#include "bridge/operation.hpp"

namespace mtaio::python {

/// Awaits one awaitable in the caller's task, for a limited time. Nothing happens before it is
/// awaited. When the time has run out the task is cancelled, as `asyncio.timeout()` does it: a
/// cancellation by another request is not swallowed. If the time limit is zero or less, a coroutine
/// is not started; a future or a task, which runs by itself, is cancelled and waited for unless it
/// is done.
struct RunOperation : Operation {
  bool timed_out;
  /// The task was asked to stop because of the timeout; otherwise the future was.
  bool asked_task;
  /// Null once it is awaited.
  PyObject* awaitable;
  /// The iterator with which it is awaited; null before.
  PyObject* child;
  /// The loop's handle, or null.
  PyObject* timer;
  /// The task of the caller.
  PyObject* task;
  /// How many requests to stop the task had before.
  long cancelling;
  /// In seconds.
  double timeout;

  /// Null with an exception set; then `awaitable` was closed.
  [[nodiscard]] static PyObject* create(PyObject* awaitable, double timeout);
};

/// Adds the type to the module. False with an exception set.
[[nodiscard]] bool add_run_operation(PyObject* module);

}  // namespace mtaio::python
