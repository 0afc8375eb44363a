#include "_core/execution_error.hpp"

#include "_core/module_state.hpp"

namespace mtaio::python {

void raise_execution_error(PyObject* text, Py_ssize_t index, PyObject* failures, PyObject* cause) {
  if (!text || !failures) return;
  const Reference arguments = Reference::take(PyTuple_Pack(1, text));
  const Reference keywords =
      Reference::take(Py_BuildValue("{s:n,s:O}", "index", index, "failures", failures));
  if (!arguments || !keywords) return;
  const Reference error = Reference::take(
      PyObject_Call(module_state().execution_error, arguments.get(), keywords.get()));
  if (!error) return;
  Py_INCREF(cause);
  PyException_SetCause(error.get(), cause);
  PyErr_SetObject(module_state().execution_error, error.get());
}

void raise_execution_error(const char* what, PyObject* cause) {
  const Reference text = Reference::take(PyUnicode_FromFormat("%s failed: %S", what, cause));
  const Reference failures =
      text ? Reference::take(Py_BuildValue("((iO))", 0, cause)) : Reference{};
  raise_execution_error(text.get(), 0, failures.get(), cause);
}

}  // namespace mtaio::python
