/// What has to be there before the bridge can be used.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Whether this is the main interpreter of the process, which alone can use the static objects and
/// types of the bridge. If not, an exception of the type `error` is set.
[[nodiscard]] bool in_main_interpreter(PyObject* error);

/// Fills the cached objects and makes the types of the bridge, the first time, in the main
/// interpreter. False with an exception set.
[[nodiscard]] bool prepare_bridge();

}  // namespace mtaio::python
