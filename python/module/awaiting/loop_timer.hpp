/// Timers of an event loop.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Has `loop` call `method` of `self` after some seconds. Returns the loop's handle, for
/// `disarm_timer()`, or null with an exception set.
[[nodiscard]] PyObject* arm_timer(PyObject* loop, double seconds, PyMethodDef& method,
                                  PyObject* self);

/// Cancels and drops a handle, which may be null. An exception that is set stays.
void disarm_timer(PyObject* handle) noexcept;

}  // namespace mtaio::python
