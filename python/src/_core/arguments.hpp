/// The arguments of calls from Python. What is wrong with one is said with the names of the call
/// and of the argument, and its value.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// A time in seconds, infinite for None; NaN with an exception set. `call` is "TaskExecutor.run",
/// `name` "timeout".
[[nodiscard]] double parse_seconds(PyObject* value, const char* call, const char* name);

/// A limit, which is at least 1; 0 with an exception set.
[[nodiscard]] Py_ssize_t parse_limit(PyObject* value, const char* call);

}  // namespace mtaio::python
