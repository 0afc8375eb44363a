/// Raises an ExecutionError for something that failed on its own.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// With `cause` (borrowed) as its cause and only failure; "`what` failed: " and its text.
void raise_execution_error(const char* what, PyObject* cause);

}  // namespace mtaio::python
