#include "module/awaiting/loop_timer.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"

#include <algorithm>

namespace mtaio::python {
namespace {

// A loop cannot count further ahead.
constexpr double kCentury = 100 * 365 * 24 * 3600.0;

}  // namespace

PyObject* arm_timer(PyObject* loop, double seconds, PyMethodDef& method, PyObject* self) {
  const Reference callback = Reference::take(PyCFunction_New(&method, self));
  const Reference after = Reference::take(PyFloat_FromDouble(std::min(seconds, kCentury)));
  if (!callback || !after) return nullptr;
  return PyObject_CallMethodObjArgs(loop, cached().name_call_later, after.get(), callback.get(),
                                    nullptr);
}

void disarm_timer(PyObject* handle) noexcept {
  if (!handle) return;
  const PreservedError preserved;
  // It fails if the garbage collector has cleared the handle.
  PyObject* cancelled = PyObject_CallMethodNoArgs(handle, cached().name_cancel);
  if (!cancelled) PyErr_Clear();
  Py_XDECREF(cancelled);
  Py_DECREF(handle);
}

}  // namespace mtaio::python
