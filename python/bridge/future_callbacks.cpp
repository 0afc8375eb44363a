#include "bridge/future_callbacks.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"

#include <array>
#include <utility>

namespace mtaio::python {
namespace {

/// Does with an exception of a callback what the loop does. False with the exception set if it ends
/// the loop.
bool report(OperationFuture* self, PyObject* callback) {
  if (PyErr_ExceptionMatches(PyExc_SystemExit) || PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
    return false;
  }
  const RaisedError raised = RaisedError::fetch();
  const Reference reported = Reference::take(PyObject_CallMethod(
      self->loop, "call_exception_handler", "{s:N,s:O}", "message",
      PyUnicode_FromFormat("Exception in callback %R", callback), "exception", raised.get()));
  return static_cast<bool>(reported);
}

/// Does what a turn of the loop does for a callback.
bool call_now(OperationFuture* self, PyObject* callback, PyObject* context) {
  if (PyContext_Enter(context) < 0) return false;
  const Reference result = Reference::take(PyObject_CallOneArg(callback, self));
  RaisedError raised = RaisedError::fetch();
  if (PyContext_Exit(context) < 0) return false;
  if (result) return true;
  std::move(raised).restore();
  return report(self, callback);
}

bool schedule(OperationFuture* self, bool immediately) {
  PyObject* const callback = std::exchange(self->callback, nullptr);
  PyObject* const context = std::exchange(self->context, nullptr);
  PyObject* const more = std::exchange(self->more, nullptr);
  bool all = true;
  if (callback) {
    all = immediately ? call_now(self, callback, context) : call_soon(self, callback, context);
  }
  for (Py_ssize_t i = 0; all && more && i < PyList_GET_SIZE(more); ++i) {
    // A remove_done_callback() that is below on the stack may take the pair out.
    const Reference pair = Reference::to(PyList_GET_ITEM(more, i));
    all = call_soon(self, PyTuple_GET_ITEM(pair.get(), 0), PyTuple_GET_ITEM(pair.get(), 1));
  }
  Py_XDECREF(callback);
  Py_XDECREF(context);
  Py_XDECREF(more);
  return all;
}

PyObject* schedule_collected(PyObject* object, PyObject*) {
  if (!schedule(static_cast<OperationFuture*>(object), false)) return nullptr;
  Py_RETURN_NONE;
}

PyMethodDef schedule_collected_method{"schedule", &schedule_collected, METH_NOARGS, nullptr};

/// For a future that is garbage. The task that waits for it is garbage too and may be half cleared,
/// and a task of asyncio must not be called then. In the next turn of the loop the task is either
/// gone, or something has kept it.
void schedule_later(OperationFuture* self) noexcept {
  if (!self->loop) return;
  const Reference method = Reference::take(PyCFunction_New(&schedule_collected_method, self));
  const Reference handle = Reference::take(
      method ? PyObject_CallMethodOneArg(self->loop, cached().name_call_soon, method.get())
             : nullptr);
  if (!handle) PyErr_Clear();  // the loop is garbage too
}

}  // namespace

bool call_soon(OperationFuture* future, PyObject* callback, PyObject* context) {
  const std::array<PyObject*, 4> arguments{future->loop, callback, future, context};
  const Reference handle = Reference::take(PyObject_VectorcallMethod(
      cached().name_call_soon, arguments.data(), 3 | PY_VECTORCALL_ARGUMENTS_OFFSET,
      context ? cached().keywords_context : nullptr));
  return static_cast<bool>(handle);
}

bool call_all(OperationFuture* future, bool immediately) {
  if (!future->collected) [[likely]]
    return schedule(future, immediately);
  schedule_later(future);
  return true;
}

}  // namespace mtaio::python
