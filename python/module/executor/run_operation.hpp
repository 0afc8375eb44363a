/// What run() of the executor returns.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>

namespace mtaio::python {

/// Awaits one awaitable in the caller's task, for a limited time. Nothing happens before it is
/// awaited. When the time is over the task is cancelled, as by `asyncio.timeout()`: what another
/// cancels meanwhile is not swallowed. If it was over before, a coroutine is not started, and a
/// future or a task, which goes on by itself, is cancelled and waited for unless it is done.
struct RunOperation {
  enum class State : std::uint8_t { kNew, kRunning, kEnded };

  PyObject_HEAD PyObject* awaitable;  // until it is awaited,
  PyObject* child;                    // and from then on the iterator with which it is
  PyObject* timer;                    // the loop's handle, or null
  PyObject* task;                     // the caller's,
  long cancelling;                    // and how many had asked it to stop before
  double timeout;                     // in seconds
  bool timed_out;
  bool asked_task;  // to stop, because of that; otherwise the future was asked
  State state;

  /// `awaitable` is closed if it fails. Null with an exception set.
  [[nodiscard]] static PyObject* create(PyObject* awaitable, double timeout);
};

}  // namespace mtaio::python
