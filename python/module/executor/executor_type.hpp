/// The Python type ExecutorBase, of which TaskExecutor is derived.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Whether `object` is an executor. If not, a TypeError is set.
[[nodiscard]] bool check_executor(PyObject* object);

/// Adds the type to the module. False with an exception set.
[[nodiscard]] bool add_executor(PyObject* module);

}  // namespace mtaio::python
