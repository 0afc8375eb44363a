#include "module/executor/executor_functions.hpp"

#include "bridge/type_tables.hpp"
#include "module/executor/executor_type.hpp"
#include "module/gather/gather_operation.hpp"
#include "module/gather/gather_options.hpp"
#include "module/method/arguments.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace mtaio::python {
namespace {

/// map(executor, function, where, iterators, asynchronous iterator or None, options). `where` the
/// function is called is "loop", "thread", or "lambda": in a thread until it returns an awaitable.
PyObject* map(PyObject*, PyObject* const* given, Py_ssize_t count) {
  if (count != 6 || !check_executor(given[0]) || !PyUnicode_Check(given[2]) ||
      !PyTuple_Check(given[3]) || !PyDict_Check(given[5])) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "map() is internal");
    return nullptr;
  }
  GatherOptions options;
  if (!parse_options(given[5], "TaskExecutor.map", options)) return nullptr;
  CoroutineSource source;
  source.function = Py_NewRef(given[1]);
  if (PyUnicode_CompareWithASCIIString(given[2], "loop") != 0) {
    source.executor = Py_NewRef(given[0]);
    source.may_give_awaitables = PyUnicode_CompareWithASCIIString(given[2], "lambda") == 0;
  }
  if (given[4] != Py_None) {
    source.async_iterator = Py_NewRef(given[4]);
  } else {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given[3]); ++i) {
      source.iterators.push_back(Py_NewRef(PyTuple_GET_ITEM(given[3], i)));
    }
    source.exhausted = source.iterators.empty();
    source.estimate_length();
  }
  return GatherOperation::create(given[0], std::move(source), options);
}

/// parse_seconds(value, call, name)
PyObject* seconds(PyObject*, PyObject* const* given, Py_ssize_t count) {
  const char* call = count == 3 ? PyUnicode_AsUTF8(given[1]) : "parse_seconds";
  const char* name = count == 3 ? PyUnicode_AsUTF8(given[2]) : nullptr;
  if (!call || !name) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "parse_seconds() takes 3 arguments");
    return nullptr;
  }
  const double value = parse_seconds(given[0], call, name);
  return std::isnan(value) ? nullptr : PyFloat_FromDouble(value);
}

std::array<PyMethodDef, 3> functions{{
    {"parse_seconds", as_method(&seconds), METH_FASTCALL,
     PyDoc_STR("A time in seconds, infinite for None.")},
    {"map", as_method(&map), METH_FASTCALL, PyDoc_STR("What TaskExecutor.map() returns.")},
    {},
}};

}  // namespace

bool add_executor_functions(PyObject* module) {
  return PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
