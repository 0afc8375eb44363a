#include "bridge/never_awaited.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/running_loop.hpp"

namespace mtaio::python {
namespace {

bool is_finalizing() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

bool is_in_debug_mode(PyObject* loop) noexcept {
  const Reference keep = Reference::to(loop);
  const Reference debug =
      Reference::take(PyObject_CallMethodNoArgs(keep.get(), cached().name_get_debug));
  const bool in_debug_mode = debug && PyObject_IsTrue(debug.get()) == 1;
  PyErr_Clear();
  return in_debug_mode;
}

bool warn(PyObject* operation, int level) noexcept {
  const Reference warnings = Reference::take(PyImport_ImportModule("warnings"));
  const Reference function =
      Reference::take(warnings ? PyObject_GetAttrString(warnings.get(), "warn") : nullptr);
  const Reference name =
      Reference::take(function ? PyObject_GetAttrString(operation, "__qualname__") : nullptr);
  if (!name) return false;
  const Reference arguments = Reference::take(Py_BuildValue(
      "(NO)", PyUnicode_FromFormat("%S() was never awaited", name.get()), PyExc_RuntimeWarning));
  // The source lets tracemalloc show where the operation was made.
  const Reference keywords = Reference::take(
      arguments ? Py_BuildValue("{s:i,s:O}", "stacklevel", level, "source", operation) : nullptr);
  if (!keywords) return false;
  const Reference warned =
      Reference::take(PyObject_Call(function.get(), arguments.get(), keywords.get()));
  return static_cast<bool>(warned);
}

}  // namespace

bool warns_of_never_awaited() noexcept {
  if (is_finalizing()) return false;
  if (cached().dev_mode) return true;
  const PreservedError preserved;
  PyObject* loop = running_loop();
  return loop && is_in_debug_mode(loop);
}

void warn_never_awaited(PyObject* operation, int level) noexcept {
  const PreservedError preserved;
  if (!warn(operation, level)) PyErr_WriteUnraisable(operation);
}

void hand_over(PyObject* awaitable) noexcept {
  // Before the look-up: one that finds nothing clears the exception that is set, up to Python 3.11.
  const PreservedError preserved;
  // Looked up in the type: some objects have any attribute that they are asked for.
  PyObject* found = _PyType_Lookup(Py_TYPE(awaitable), cached().name_hand_over);
  if (found && PyObject_TypeCheck(found, &PyMethodDescr_Type)) {
    // Called directly: the interpreter may be at its recursion limit.
    const auto* method = reinterpret_cast<PyMethodDescrObject*>(found)->d_method;
    Py_XDECREF(method->ml_meth(awaitable, nullptr));
  } else if (found) {
    PyObject* done = PyObject_CallMethodNoArgs(awaitable, cached().name_hand_over);
    if (!done) PyErr_Clear();
    Py_XDECREF(done);
  }
}

}  // namespace mtaio::python
