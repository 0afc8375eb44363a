#include "module/awaiting/awaiting.hpp"

#include "module/method/arguments.hpp"
#include "bridge/forgotten.hpp"
#include "bridge/runtime_state.hpp"

#include <utility>

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

/// The value of the StopIteration that is set, which is then no longer set; null if what is set is
/// something else.
PyObject* fetch_stop_value() noexcept {
  if (!PyErr_Occurred()) {
    Py_INCREF(Py_None);
    return Py_None;
  }
  if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return nullptr;
  const RaisedError raised = RaisedError::fetch();
  PyObject* value = reinterpret_cast<PyStopIterationObject*>(raised.get())->value;
  if (!value) value = Py_None;
  Py_INCREF(value);
  return value;
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
  Py_INCREF(awaitable);
  return awaitable;
}

bool is_future(PyObject* object) noexcept {
  if (PyCoro_CheckExact(object)) return false;
  RaisedError before = RaisedError::fetch();
  // Of the class: some objects have any attribute that they are asked for.
  PyObject* name = state().name_future_blocking;
  const bool has = PyObject_HasAttr(reinterpret_cast<PyObject*>(Py_TYPE(object)), name) != 0;
  const Reference blocking = Reference::take(has ? PyObject_GetAttr(object, name) : nullptr);
  PyErr_Clear();
  if (before) std::move(before).restore();
  return blocking && blocking.get() != Py_None;
}

bool is_done(PyObject* future) noexcept {
  RaisedError before = RaisedError::fetch();
  const Reference done = Reference::take(PyObject_CallMethod(future, "done", nullptr));
  const bool is = done && PyObject_IsTrue(done.get()) == 1;
  PyErr_Clear();
  if (before) std::move(before).restore();
  return is;
}

void cancel(PyObject* future) noexcept {
  const Reference keep = Reference::to(future);
  RaisedError before = RaisedError::fetch();
  const Reference done =
      Reference::take(PyObject_CallMethodNoArgs(keep.get(), state().name_cancel));
  if (!done) PyErr_WriteUnraisable(keep.get());
  if (before) std::move(before).restore();
}

void close_unstarted(PyObject* awaitable) noexcept {
  if (!PyCoro_CheckExact(awaitable)) {
    hand_over(awaitable);
    return;
  }
  RaisedError before = RaisedError::fetch();
  PyObject* closed = PyObject_CallMethodNoArgs(awaitable, state().name_close);
  if (!closed) PyErr_WriteUnraisable(awaitable);
  Py_XDECREF(closed);
  if (before) std::move(before).restore();
}

PySendResult step(PyObject* iterator, PyObject* error, PyObject** result) {
  if (!error) {
    if (PyCoro_CheckExact(iterator)) return PyIter_Send(iterator, Py_None, result);
    // What is not the interpreter's may be an operation that steps another one, and so on.
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
  if (PyObject* found = PyObject_GetAttr(iterator, state().name_throw)) {
    throws = Reference::take(found);
    *result = PyObject_CallOneArg(throws.get(), error);
  } else if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
    // As 'yield from' does with an iterator that has no throw().
    PyErr_Clear();
    Py_INCREF(error);
    RaisedError::raise(error);
    *result = nullptr;
  } else {
    *result = nullptr;
  }
  if (*result) return PYGEN_NEXT;
  *result = fetch_stop_value();
  return *result ? PYGEN_RETURN : PYGEN_ERROR;
}

}  // namespace mtaio::python
