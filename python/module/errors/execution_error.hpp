/// Raising an ExecutionError.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Raises an ExecutionError of `what` ("task 3 of 10", a str); its text is "`what` failed:
/// ValueError: refused". `failures` is a tuple of pairs of an index and an exception, by time, and
/// not empty. If `what` or `failures` is null, the exception that is set stays.
void raise_execution_error(PyObject* what, PyObject* failures);

/// The same for a single failure, `cause` (borrowed).
void raise_execution_error(const char* what, PyObject* cause);

/// Adds the function `raise_execution_error` to the module. False with an exception set.
[[nodiscard]] bool add_execution_error(PyObject* module);

}  // namespace mtaio::python
