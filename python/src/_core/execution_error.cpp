#include "_core/execution_error.hpp"

#include "_core/module_state.hpp"

namespace mtaio::python {

void raise_execution_error(const char* what, PyObject* cause) {
  const Reference text = Reference::take(PyUnicode_FromFormat("%s failed: %S", what, cause));
  const Reference error =
      text ? Reference::take(PyObject_CallOneArg(module_state().execution_error, text.get()))
           : Reference{};
  const Reference failures = Reference::take(Py_BuildValue("((iO))", 0, cause));
  if (!error || !failures || PyObject_SetAttrString(error.get(), "failures", failures.get()) < 0) {
    return;
  }
  Py_INCREF(cause);
  PyException_SetCause(error.get(), cause);
  PyErr_SetObject(module_state().execution_error, error.get());
}

}  // namespace mtaio::python
