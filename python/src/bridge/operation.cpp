#include "bridge/operation.hpp"

namespace mtaio::python {

namespace {

// The interpreter takes the value out of a StopIteration at once, so one object is used again as
// long as nobody else has kept it.
PyObject* kept = nullptr;

}  // namespace

PyTypeObject* make_operation_type(PyType_Spec& spec) {
  PyObject* type = PyType_FromSpec(&spec);
  if (type && PyObject_SetAttrString(type, "_asyncio_future_blocking", Py_None) < 0) {
    Py_CLEAR(type);
  }
  return reinterpret_cast<PyTypeObject*>(type);
}

void clear_stop_iteration() noexcept {
  stop_iteration_kept = false;
  if (kept && Py_REFCNT(kept) == 1) Py_CLEAR(reinterpret_cast<PyStopIterationObject*>(kept)->value);
}

PyObject* stop_iteration(PyObject* result) {
  if (!kept || Py_REFCNT(kept) > 1) {
    PyObject* made = PyObject_CallNoArgs(PyExc_StopIteration);
    if (!made) {
      Py_DECREF(result);
      return nullptr;
    }
    Py_XSETREF(kept, made);
  } else {
    auto* base = reinterpret_cast<PyBaseExceptionObject*>(kept);
    Py_CLEAR(base->traceback);
    Py_CLEAR(base->context);
    Py_CLEAR(base->dict);
  }
  Py_XSETREF(reinterpret_cast<PyStopIterationObject*>(kept)->value, result);
  stop_iteration_kept = true;
  Py_INCREF(kept);
#if PY_VERSION_HEX >= 0x030C0000
  PyErr_SetRaisedException(kept);
#else
  Py_INCREF(PyExc_StopIteration);
  PyErr_Restore(PyExc_StopIteration, kept, nullptr);
#endif
  return nullptr;
}

Reference thrown(PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 3) {
    PyErr_Format(PyExc_TypeError, "throw() takes 1 to 3 arguments (%zd given)", count);
    return {};
  }
  PyObject* type = arguments[0];
  PyObject* value = count > 1 && arguments[1] != Py_None ? arguments[1] : nullptr;
  PyObject* traceback = count > 2 && arguments[2] != Py_None ? arguments[2] : nullptr;
  Reference error;
  if (PyExceptionInstance_Check(type)) {
    error = Reference::to(type);
  } else if (!PyExceptionClass_Check(type)) {
    PyErr_SetString(PyExc_TypeError,
                    "exceptions must be classes or instances deriving from BaseException");
    return {};
  } else if (value && PyExceptionInstance_Check(value)) {
    error = Reference::to(value);
  } else {
    error = Reference::take(value ? PyObject_CallOneArg(type, value) : PyObject_CallNoArgs(type));
  }
  if (error && traceback && PyException_SetTraceback(error.get(), traceback) < 0) return {};
  return error;
}

PyObject* closed(PySendResult outcome, PyObject* result, PyObject* self) {
  if (outcome == PYGEN_NEXT) {
    Py_DECREF(result);
    PyErr_Format(PyExc_RuntimeError, "%.200s ignored GeneratorExit", Py_TYPE(self)->tp_name);
    return nullptr;
  }
  if (outcome == PYGEN_ERROR) {
    if (!PyErr_ExceptionMatches(PyExc_GeneratorExit) &&
        !PyErr_ExceptionMatches(PyExc_StopIteration)) {
      return nullptr;
    }
    PyErr_Clear();
  } else {
    Py_DECREF(result);
  }
  Py_RETURN_NONE;
}

}  // namespace mtaio::python
