/// The functions of mtaio._core that deal with awaitables.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Adds them to the module. False with an exception set.
[[nodiscard]] bool add_awaiting_functions(PyObject* module);

}  // namespace mtaio::python
