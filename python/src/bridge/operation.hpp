/// What awaiting an object of ours has in common, whatever it does.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The type of an operation; null with an exception set. asyncio asks whatever it is given whether
/// it is a future; this says no without an AttributeError, which would be made and dropped.
[[nodiscard]] PyTypeObject* make_operation_type(PyType_Spec& spec);

/// Raises StopIteration(result), of which the interpreter takes the value at once. Takes over
/// `result`.
PyObject* stop_iteration(PyObject* result);
/// When an operation goes, so does what the StopIteration that ended it was kept with.
void clear_stop_iteration() noexcept;
inline constinit bool stop_iteration_kept = false;
inline void forget_stop_iteration() noexcept {
  if (stop_iteration_kept) clear_stop_iteration();
}
/// The exception of a `throw(type[, value[, traceback]])`, normalised; null with an error set.
[[nodiscard]] Reference thrown(PyObject* const* arguments, Py_ssize_t count);
/// What `close()` of a coroutine does with the outcome of throwing GeneratorExit in.
[[nodiscard]] PyObject* closed(PySendResult outcome, PyObject* result, PyObject* self);

/// The protocol of a coroutine (send, throw, close, await, next) for a type `Op` that has:
///
///     static PySendResult resume(Op* self, PyObject* error, PyObject** result);
///
/// It goes on with the operation: from the beginning or where it waits; with `error` (borrowed),
/// the exception that was thrown in, or null. `PYGEN_NEXT`: it waits, and gives what to hand to
/// the event loop. `PYGEN_RETURN`, `PYGEN_ERROR`: it has ended.
template <class Op>
struct OperationProtocol {
  static PySendResult send(PyObject* self, PyObject* /*value*/, PyObject** result) {
    return Op::resume(reinterpret_cast<Op*>(self), nullptr, result);
  }
  static PyObject* await(PyObject* self) {
    Py_INCREF(self);
    return self;
  }
  static PyObject* next(PyObject* self) {
    PyObject* result = nullptr;
    const PySendResult outcome = Op::resume(reinterpret_cast<Op*>(self), nullptr, &result);
    if (outcome == PYGEN_RETURN && result == Py_None) {
      Py_DECREF(result);
      return nullptr;  // the end of an iteration without an exception is None
    }
    return finish(outcome, result);
  }
  static PyObject* method_send(PyObject* self, PyObject* /*value*/) {
    PyObject* result = nullptr;
    const PySendResult outcome = Op::resume(reinterpret_cast<Op*>(self), nullptr, &result);
    return finish(outcome, result);
  }
  static PyObject* method_throw(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    const Reference error = thrown(arguments, count);
    if (!error) return nullptr;
    PyObject* result = nullptr;
    const PySendResult outcome = Op::resume(reinterpret_cast<Op*>(self), error.get(), &result);
    return finish(outcome, result);
  }
  static PyObject* method_close(PyObject* self, PyObject*) {
    if (Op::idle(reinterpret_cast<Op*>(self))) Py_RETURN_NONE;
    const Reference error = Reference::take(PyObject_CallNoArgs(PyExc_GeneratorExit));
    if (!error) return nullptr;
    PyObject* result = nullptr;
    const PySendResult outcome = Op::resume(reinterpret_cast<Op*>(self), error.get(), &result);
    return closed(outcome, result, self);
  }

 private:
  static PyObject* finish(PySendResult outcome, PyObject* result) {
    return outcome == PYGEN_RETURN ? stop_iteration(result) : result;
  }
};

/// The methods, to be followed by those of the type itself.
#define MTAIO_PYTHON_OPERATION_METHODS(Op)                                                         \
  {"send", &OperationProtocol<Op>::method_send, METH_O, PyDoc_STR("send(value)\n--\n\nGoes on.")}, \
      {"throw",                                                                                    \
       reinterpret_cast<PyCFunction>(                                                              \
           reinterpret_cast<void (*)()>(&OperationProtocol<Op>::method_throw)),                    \
       METH_FASTCALL, PyDoc_STR("throw(error)\n--\n\nGoes on with an exception.")},                \
  {                                                                                                \
    "close", &OperationProtocol<Op>::method_close, METH_NOARGS,                                    \
        PyDoc_STR("close()\n--\n\nGives up; what was not done will not be done.")                  \
  }

/// The slots.
#define MTAIO_PYTHON_OPERATION_SLOTS(Op)                                      \
  {Py_am_send, reinterpret_cast<void*>(&OperationProtocol<Op>::send)},        \
      {Py_am_await, reinterpret_cast<void*>(&OperationProtocol<Op>::await)},  \
      {Py_tp_iter, reinterpret_cast<void*>(&OperationProtocol<Op>::await)}, { \
    Py_tp_iternext, reinterpret_cast<void*>(&OperationProtocol<Op>::next)     \
  }

}  // namespace mtaio::python
