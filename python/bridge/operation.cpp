#include "bridge/operation.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/type_tables.hpp"

#include <array>
#include <utility>

namespace mtaio::python {
namespace {

// From Python 3.12 on, `await` raises and catches a StopIteration inside the interpreter for every
// operation that ends with a value. Making one takes longer than most operations, so one is kept:
// without its value, which belongs to the program alone.
PyTypeObject* stop_type = nullptr;
// Its arguments are the empty tuple, and all else in it is null.
PyStopIterationObject* spare = nullptr;

bool is_unused(const PyStopIterationObject& stop) noexcept {
  return !stop.dict && !stop.notes && !stop.traceback && !stop.context && !stop.cause &&
         !stop.suppress_context && stop.args && PyTuple_GET_SIZE(stop.args) == 0;
}

void destroy_used(PyStopIterationObject* self, PyObject* value) {
  auto* object = reinterpret_cast<PyObject*>(self);
  PyObject_GC_UnTrack(object);
  Py_XDECREF(value);
  reinterpret_cast<PyTypeObject*>(PyExc_StopIteration)->tp_clear(object);
  free_object(object);
}

void destroy_stop(PyObject* object) {
  auto* self = reinterpret_cast<PyStopIterationObject*>(object);
  PyObject* value = std::exchange(self->value, nullptr);
  // It is kept, and the garbage collector continues to know it: telling the collector takes as long
  // as all the rest.
  renew(object);
  if (spare || !is_unused(*self)) [[unlikely]] {
    destroy_used(self, value);
    return;
  }
  spare = self;
  Py_XDECREF(value);  // last: this may run any code, in which other operations end
}

/// A StopIteration fit to be `spare`; null with an exception set.
PyObject* make_stop() {
  PyObject* made = PyObject_CallNoArgs(reinterpret_cast<PyObject*>(stop_type));
  if (made) Py_CLEAR(reinterpret_cast<PyStopIterationObject*>(made)->value);
  return made;
}

bool prepare_stop_type() {
  if (stop_type) return true;
  std::array<PyType_Slot, 2> slots{{slot(Py_tp_dealloc, &destroy_stop), {0, nullptr}}};
  // To Python it looks like the class that it is derived from.
  PyType_Spec spec{"builtins.StopIteration", sizeof(PyStopIterationObject), 0, Py_TPFLAGS_DEFAULT,
                   slots.data()};
  stop_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, PyExc_StopIteration));
  return stop_type != nullptr;
}

}  // namespace

PyTypeObject* make_operation_type(PyType_Spec& spec) {
  if (!prepare_stop_type()) return nullptr;
  PyObject* type = PyType_FromSpec(&spec);
  if (type && PyObject_SetAttrString(type, "_asyncio_future_blocking", Py_None) < 0) {
    Py_CLEAR(type);
  }
  return reinterpret_cast<PyTypeObject*>(type);
}

PyObject* stop_iteration(PyObject* result) {
  auto* made = reinterpret_cast<PyObject*>(std::exchange(spare, nullptr));
  if (!made) [[unlikely]]
    made = make_stop();
  if (!made) {
    Py_DECREF(result);
    return nullptr;
  }
  // Not as its argument, which would be one more reference to the result.
  reinterpret_cast<PyStopIterationObject*>(made)->value = result;
  RaisedError::raise(made);
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

PySendResult raise_from_operation(PyObject* error) noexcept {
  RaisedError::raise(error);
  return PYGEN_ERROR;
}

PyObject* closed(PySendResult outcome, PyObject* result, PyObject* self) {
  if (outcome == PYGEN_NEXT) {
    Py_DECREF(result);
    PyErr_Format(PyExc_RuntimeError, "%.200s ignored GeneratorExit", Py_TYPE(self)->tp_name);
    return nullptr;
  }
  if (outcome == PYGEN_ERROR) {
    if (!PyErr_ExceptionMatches(PyExc_GeneratorExit)) return nullptr;
    PyErr_Clear();
  } else {
    Py_DECREF(result);
  }
  Py_RETURN_NONE;
}

}  // namespace mtaio::python
