/// What run() of the executor returns.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>

namespace mtaio::python {

/// Awaits one awaitable in the caller's task, for a limited time. Nothing happens before it is
/// awaited. When the time is over the task is cancelled, as by `asyncio.timeout()`: what another
/// cancels meanwhile is not swallowed.
struct RunOperation {
  enum class State : std::uint8_t { kNew, kRunning, kEnded };

  PyObject_HEAD PyObject* awaitable;  // until it is awaited,
  PyObject* child;                    // and from then on the iterator with which it is
  PyObject* timer;                    // the loop's handle, or null
  PyObject* task;                     // which the timer cancels,
  long cancelling;                    // and how many had asked it to stop before
  double timeout;                     // in seconds
  bool timed_out;
  State state;

  /// `awaitable` is closed if it fails. Null with an exception set.
  [[nodiscard]] static PyObject* create(PyObject* awaitable, double timeout);
};

}  // namespace mtaio::python
