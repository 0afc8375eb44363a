#include "module/awaiting/loop_timer.hpp"

#include "bridge/runtime_state.hpp"

#include <algorithm>
#include <utility>

namespace mtaio::python {
namespace {

// Loops cannot count further ahead than that.
constexpr double kCentury = 100 * 365 * 24 * 3600.0;

}  // namespace

PyObject* arm(PyObject* loop, double seconds, PyMethodDef& method, PyObject* self) {
  const Reference callback = Reference::take(PyCFunction_New(&method, self));
  const Reference after = Reference::take(PyFloat_FromDouble(std::min(seconds, kCentury)));
  if (!callback || !after) return nullptr;
  return PyObject_CallMethodObjArgs(loop, state().name_call_later, after.get(), callback.get(),
                                    nullptr);
}

void disarm(PyObject* handle) noexcept {
  if (!handle) return;
  RaisedError before = RaisedError::fetch();
  // Not of interest: that it was the garbage collector's already.
  PyObject* cancelled = PyObject_CallMethodNoArgs(handle, state().name_cancel);
  if (!cancelled) PyErr_Clear();
  Py_XDECREF(cancelled);
  Py_DECREF(handle);
  if (before) std::move(before).restore();
}

}  // namespace mtaio::python
