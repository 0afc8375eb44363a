/// What awaiting any operation of the library has in common.
#pragma once

#include <mtaio/python/operation_future.hpp>
#include <mtaio/python/reference.hpp>

#include <cstdint>

namespace mtaio::python {

/// How far an operation has come. One that is resumed for the first time starts, or ends.
enum class OperationState : std::uint8_t { kNew, kStarted, kEnded };

/// The beginning of every operation.
struct Operation : PyObject {
  OperationState state;
  /// A call of its resume() is below on the stack.
  bool resuming;
  /// Another operation was to await it.
  bool handed_over;
  /// Its finalizer has run.
  bool finalized;
};

/// The type of an operation; null with an exception set. asyncio asks each object that it is given
/// whether it is a future; the type says no without an AttributeError, which would be made and
/// dropped.
[[nodiscard]] PyTypeObject* make_operation_type(PyType_Spec& spec);

/// Raises StopIteration(result). Takes over `result`, which has no other reference from here when
/// the exception has been caught.
PyObject* stop_iteration(PyObject* result);
/// The exception of a `throw(type[, value[, traceback]])`, normalised; null with an error set.
[[nodiscard]] Reference thrown(PyObject* const* arguments, Py_ssize_t count);
/// What `close()` of a coroutine does with the outcome of throwing GeneratorExit in.
[[nodiscard]] PyObject* closed(PySendResult outcome, PyObject* result, PyObject* self);

/// For `resume()` of an operation that ends with `error`, which this takes over.
PySendResult raise_from_operation(PyObject* error) noexcept;
/// For `resume()` of an operation whose task is to wait for `future`.
inline PySendResult wait_for(OperationFuture* future, PyObject** result) noexcept {
  *result = Py_NewRef(future);
  return PYGEN_NEXT;
}

}  // namespace mtaio::python
