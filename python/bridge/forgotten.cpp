#include "bridge/forgotten.hpp"

#include "bridge/running_loop.hpp"
#include "bridge/runtime_state.hpp"

#include <utility>

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
      Reference::take(PyObject_CallMethodNoArgs(keep.get(), state().name_get_debug));
  const bool is = debug && PyObject_IsTrue(debug.get()) == 1;
  PyErr_Clear();
  return is;
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
  const Reference keywords =  // so that tracemalloc tells where it was made
      Reference::take(arguments
                          ? Py_BuildValue("{s:i,s:O}", "stacklevel", level, "source", operation)
                          : nullptr);
  if (!keywords) return false;
  const Reference warned =
      Reference::take(PyObject_Call(function.get(), arguments.get(), keywords.get()));
  return static_cast<bool>(warned);
}

}  // namespace

bool warns_of_forgotten() noexcept {
  if (is_finalizing()) return false;
  if (state().dev_mode) return true;
  RaisedError before = RaisedError::fetch();
  PyObject* loop = running_loop();
  const bool warns = loop && is_in_debug_mode(loop);
  if (before) std::move(before).restore();
  return warns;
}

void warn_of_forgotten(PyObject* operation, int level) noexcept {
  RaisedError before = RaisedError::fetch();
  if (!warn(operation, level)) PyErr_WriteUnraisable(operation);
  if (before) std::move(before).restore();
}

void hand_over(PyObject* awaitable) noexcept {
  // First of all: a look-up that finds nothing clears what is set, up to Python 3.11.
  RaisedError before = RaisedError::fetch();
  // Asked of the type: an object may say yes to anything.
  PyObject* found = _PyType_Lookup(Py_TYPE(awaitable), state().name_hand_over);
  if (found && PyObject_TypeCheck(found, &PyMethodDescr_Type)) {
    // Directly: it may be that so much is called already that nothing more can be.
    const auto* method = reinterpret_cast<PyMethodDescrObject*>(found)->d_method;
    Py_XDECREF(method->ml_meth(awaitable, nullptr));
  } else if (found) {
    PyObject* done = PyObject_CallMethodNoArgs(awaitable, state().name_hand_over);
    if (!done) PyErr_Clear();
    Py_XDECREF(done);
  }
  if (before) std::move(before).restore();
}

}  // namespace mtaio::python
