/// What awaiting an object of ours has in common, whatever it does.
#pragma once

#include <mtaio/python/pending.hpp>
#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The type of an operation; null with an exception set. asyncio asks whatever it is given whether
/// it is a future; this says no without an AttributeError, which would be made and dropped.
[[nodiscard]] PyTypeObject* make_operation_type(PyType_Spec& spec);

/// Raises StopIteration(result). Takes over `result`, to which nothing of ours refers any more when
/// the exception has been caught.
PyObject* stop_iteration(PyObject* result);
/// The exception of a `throw(type[, value[, traceback]])`, normalised; null with an error set.
[[nodiscard]] Reference thrown(PyObject* const* arguments, Py_ssize_t count);
/// What `close()` of a coroutine does with the outcome of throwing GeneratorExit in.
[[nodiscard]] PyObject* closed(PySendResult outcome, PyObject* result, PyObject* self);

/// What is raised is raised from `cause`, as by `raise ... from`.
void raise_from(const RaisedError& cause) noexcept;

/// What `resume()` of an operation returns: it raises `error`, which it takes over;
inline PySendResult raise_from_operation(PyObject* error) noexcept {
  RaisedError::raise(error);
  return PYGEN_ERROR;
}
/// it has its task wait.
inline PySendResult wait_for(Pending* pending, PyObject** result) noexcept {
  *result = Py_NewRef(pending->object());
  return PYGEN_NEXT;
}

}  // namespace mtaio::python
