/// Raising an ExecutionError.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// An ExecutionError because of what `what` ("task 3 of 10", a str) has failed with; its text is
/// "`what` failed: ValueError: refused". `failures` is a tuple of pairs of an index and what was
/// raised, by time, and not empty. Where `what` or `failures` is null, what is raised already
/// stays.
void raise_execution_error(PyObject* what, PyObject* failures);

/// For something that failed on its own, with `cause` (borrowed).
void raise_execution_error(const char* what, PyObject* cause);

}  // namespace mtaio::python
