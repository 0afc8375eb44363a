#include "module/awaiting/awaiting.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/never_awaited.hpp"
#include "module/method/arguments.hpp"

namespace mtaio::python {
namespace {

unaryfunc await_slot(PyObject* object) noexcept {
  const PyAsyncMethods* async = Py_TYPE(object)->tp_as_async;
  return async ? async->am_await : nullptr;
}

bool is_iterable_coroutine(PyObject* object) noexcept {
  if (!PyGen_CheckExact(object)) return false;
  const Reference code = Reference::take(PyObject_GetAttrString(object, "gi_code"));
  return code && (reinterpret_cast<PyCodeObject*>(code.get())->co_flags & CO_ITERABLE_COROUTINE);
}

/// Takes the value of the StopIteration that is set. Null if another exception is set, which stays.
PyObject* fetch_stop_value() noexcept {
  if (!PyErr_Occurred()) return Py_NewRef(Py_None);
  if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return nullptr;
  const RaisedError raised = RaisedError::fetch();
  PyObject* value = reinterpret_cast<PyStopIterationObject*>(raised.get())->value;
  return Py_NewRef(value ? value : Py_None);
}

}  // namespace

bool is_awaitable(PyObject* object) noexcept {
  return PyCoro_CheckExact(object) || await_slot(object) != nullptr ||
         is_iterable_coroutine(object);
}

PyObject* iterator_of(PyObject* awaitable) {
  if (!PyCoro_CheckExact(awaitable)) {
    if (const unaryfunc await = await_slot(awaitable)) {
      Reference iterator = Reference::take(await(awaitable));
      if (!iterator) return nullptr;
      if (!PyIter_Check(iterator.get()) || PyCoro_CheckExact(iterator.get())) {
        PyErr_Format(PyExc_TypeError, "__await__() returned %s %.100s, which is not an iterator",
                     article(iterator.get()), Py_TYPE(iterator.get())->tp_name);
        return nullptr;
      }
      return iterator.release();
    }
    if (!is_iterable_coroutine(awaitable)) {
      PyErr_Format(PyExc_TypeError, "%s %.100s cannot be awaited", article(awaitable),
                   Py_TYPE(awaitable)->tp_name);
      return nullptr;
    }
  }
  return Py_NewRef(awaitable);
}

bool is_future(PyObject* object) noexcept {
  if (PyCoro_CheckExact(object)) return false;
  const PreservedError preserved;
  // Looked up in the class first: some objects have any attribute that they are asked for.
  PyObject* name = cached().name_future_blocking;
  const bool has = PyObject_HasAttr(reinterpret_cast<PyObject*>(Py_TYPE(object)), name) != 0;
  const Reference blocking = Reference::take(has ? PyObject_GetAttr(object, name) : nullptr);
  PyErr_Clear();
  return blocking && blocking.get() != Py_None;
}

bool is_done(PyObject* future) noexcept {
  const PreservedError preserved;
  const Reference done = Reference::take(PyObject_CallMethod(future, "done", nullptr));
  const bool truth = done && PyObject_IsTrue(done.get()) == 1;
  PyErr_Clear();
  return truth;
}

void cancel(PyObject* future) noexcept {
  const Reference keep = Reference::to(future);
  const PreservedError preserved;
  const Reference done =
      Reference::take(PyObject_CallMethodNoArgs(keep.get(), cached().name_cancel));
  if (!done) PyErr_WriteUnraisable(keep.get());
}

void close_unstarted(PyObject* awaitable) noexcept {
  if (!PyCoro_CheckExact(awaitable)) {
    hand_over(awaitable);
    return;
  }
  const PreservedError preserved;
  PyObject* closed = PyObject_CallMethodNoArgs(awaitable, cached().name_close);
  if (!closed) PyErr_WriteUnraisable(awaitable);
  Py_XDECREF(closed);
}

PySendResult step(PyObject* iterator, PyObject* error, PyObject** result) {
  if (!error) {
    if (PyCoro_CheckExact(iterator)) return PyIter_Send(iterator, Py_None, result);
    // It may be an operation that steps another operation, and so on.
    *result = nullptr;
    if (Py_EnterRecursiveCall(" while awaiting") != 0) {
      hand_over(iterator);
      return PYGEN_ERROR;
    }
    const PySendResult outcome = PyIter_Send(iterator, Py_None, result);
    Py_LeaveRecursiveCall();
    return outcome;
  }
  Reference throws;
  if (PyObject* found = PyObject_GetAttr(iterator, cached().name_throw)) {
    throws = Reference::take(found);
    *result = PyObject_CallOneArg(throws.get(), error);
  } else if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
    // 'yield from' does the same with an iterator that has no throw().
    PyErr_Clear();
    RaisedError::raise(Py_NewRef(error));
    *result = nullptr;
  } else {
    *result = nullptr;
  }
  if (*result) return PYGEN_NEXT;
  *result = fetch_stop_value();
  return *result ? PYGEN_RETURN : PYGEN_ERROR;
}

}  // namespace mtaio::python
