#include "module/errors/execution_error.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/type_tables.hpp"

#include <array>

namespace mtaio::python {
namespace {

// How much of an ExecutionError's text is quoted: they may be nested thousands deep, and each
// quotes the next.
constexpr Py_ssize_t kQuoted = 500;

/// The text of an exception, whose str() may fail.
Reference message_of(PyObject* error) {
  Reference text = Reference::take(PyObject_Str(error));
  if (!text) {
    PyErr_Clear();
    return Reference::take(PyUnicode_FromString("<exception str() failed>"));
  }
  const bool ours = PyErr_GivenExceptionMatches(error, cached().execution_error) != 0;
  if (!ours || PyUnicode_GET_LENGTH(text.get()) <= kQuoted) return text;
  const Reference beginning = Reference::take(PyUnicode_Substring(text.get(), 0, kQuoted));
  return beginning ? Reference::take(PyUnicode_FromFormat("%U...", beginning.get())) : Reference{};
}

/// "task 3 of 10 failed: ValueError: refused"; null with an exception set.
Reference text_of(PyObject* what, PyObject* cause) {
  const Reference message = message_of(cause);
  const Reference type = Reference::take(message ? PyType_GetName(Py_TYPE(cause)) : nullptr);
  if (!type) return {};
  const char* format =
      PyUnicode_GET_LENGTH(message.get()) > 0 ? "%U failed: %U: %U" : "%U failed: %U";
  return Reference::take(PyUnicode_FromFormat(format, what, type.get(), message.get()));
}

/// A new ExecutionError without its cause; null with an exception set.
PyObject* make_error(PyObject* what, PyObject* failures) {
  PyObject* first = PyTuple_GET_ITEM(failures, 0);
  const Reference text = text_of(what, PyTuple_GET_ITEM(first, 1));
  const Reference arguments = Reference::take(text ? PyTuple_Pack(1, text.get()) : nullptr);
  const Reference keywords = Reference::take(
      Py_BuildValue("{s:O,s:O}", "index", PyTuple_GET_ITEM(first, 0), "failures", failures));
  if (!arguments || !keywords) return nullptr;
  return PyObject_Call(cached().execution_error, arguments.get(), keywords.get());
}

bool are_failures(PyObject* object) noexcept {
  if (!PyTuple_Check(object) || PyTuple_GET_SIZE(object) == 0) return false;
  PyObject* first = PyTuple_GET_ITEM(object, 0);
  return PyTuple_Check(first) && PyTuple_GET_SIZE(first) == 2 &&
         PyExceptionInstance_Check(PyTuple_GET_ITEM(first, 1));
}

/// raise_execution_error(what, failures)
PyObject* raise_it(PyObject*, PyObject* const* given, Py_ssize_t count) {
  if (count != 2 || !PyUnicode_Check(given[0]) || !are_failures(given[1])) {
    PyErr_SetString(PyExc_TypeError, "raise_execution_error() is internal");
    return nullptr;
  }
  raise_execution_error(given[0], given[1]);
  return nullptr;
}

std::array<PyMethodDef, 2> functions{{
    {"raise_execution_error", as_method(&raise_it), METH_FASTCALL,
     PyDoc_STR("Raises an ExecutionError because of the first failure.")},
    {},
}};

}  // namespace

void raise_execution_error(PyObject* what, PyObject* failures) {
  PyObject* error = what && failures ? make_error(what, failures) : nullptr;
  if (!error) return;
  RaisedError::set_cause(error, PyTuple_GET_ITEM(PyTuple_GET_ITEM(failures, 0), 1));
  RaisedError::raise(error);
}

void raise_execution_error(const char* what, PyObject* cause) {
  const Reference text = Reference::take(PyUnicode_FromString(what));
  const Reference failures =
      text ? Reference::take(Py_BuildValue("((iO))", 0, cause)) : Reference{};
  raise_execution_error(text.get(), failures.get());
}

bool add_execution_error(PyObject* module) {
  return PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
