/// Raising an ExecutionError.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// `failures`: pairs of an index and what was raised, by time; `index` and `cause` are those of the
/// first. Where `text` or `failures` is null, what is raised already stays.
void raise_execution_error(PyObject* text, Py_ssize_t index, PyObject* failures, PyObject* cause);

/// For something that failed on its own: "`what` failed: " and the text of `cause` (borrowed).
void raise_execution_error(const char* what, PyObject* cause);

}  // namespace mtaio::python
