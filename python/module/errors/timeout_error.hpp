/// The error of a timeout of TaskExecutor.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// A TimeoutError, "TaskExecutor.`call`(`name`=`seconds`): the time ran out.". Its `cause`
/// (borrowed, may be null) is the CancelledError whose traceback shows where the time was spent.
/// Null with an exception set.
[[nodiscard]] Reference make_timeout_error(const char* call, const char* name, double seconds,
                                           PyObject* cause);

}  // namespace mtaio::python
