#include "module/gather/gather_options.hpp"

#include "module/gather/progress.hpp"

#include <cmath>

namespace mtaio::python {
namespace {

bool parse_option(PyObject* name, PyObject* value, const char* call, GatherOptions& options) {
  const auto is = [name](const char* other) {
    return PyUnicode_CompareWithASCIIString(name, other) == 0;
  };
  if (is("limit")) return (options.limit = parse_limit(value, call)) > 0;
  if (is("return_exceptions")) {
    const int truth = PyObject_IsTrue(value);
    options.return_exceptions = truth == 1;
    return truth >= 0;
  }
  if (is("timeout")) return !std::isnan(options.timeout = parse_seconds(value, call, "timeout"));
  if (is("task_timeout")) {
    return !std::isnan(options.task_timeout = parse_seconds(value, call, "task_timeout"));
  }
  if (is("progress")) {
    if (value != Py_None) options.progress = value;
    return value == Py_None || ProgressReport::accepts(value, call);
  }
  refuse_keyword(call, name);
  return false;
}

}  // namespace

bool parse_options(PyObject* keywords, const char* call, GatherOptions& options) {
  Py_ssize_t position = 0;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  while (keywords && PyDict_Next(keywords, &position, &name, &value) != 0) {
    if (!parse_option(name, value, call, options)) return false;
  }
  return true;
}

}  // namespace mtaio::python
