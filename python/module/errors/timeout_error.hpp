/// What is raised when a time has run out.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// A TimeoutError, "TaskExecutor.`call`(`name`=`seconds`): the time ran out.", because of `cause`
/// (borrowed; null for none): the CancelledError whose traceback shows where the time was spent.
/// Null with an exception set.
[[nodiscard]] Reference make_timeout_error(const char* call, const char* name, double seconds,
                                           PyObject* cause);

}  // namespace mtaio::python
