/// Something that an event loop calls after a while.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Has `loop` call `method` of `self` after some seconds. Its handle for `disarm()`, or null with
/// an exception set.
[[nodiscard]] PyObject* arm(PyObject* loop, double seconds, PyMethodDef& method, PyObject* self);

/// Gives up a handle, which may be null. An exception that is set stays.
void disarm(PyObject* handle) noexcept;

}  // namespace mtaio::python
