/// The functions of mtaio._core that the Python part of TaskExecutor calls.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Adds them to the module. False with an exception set.
[[nodiscard]] bool add_executor_functions(PyObject* module);

}  // namespace mtaio::python
