/// Queues of C++ as queues of Python, and back: for other extensions.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Offers the conversions to other extensions. False with an exception set.
[[nodiscard]] bool add_queue_conversion(PyObject* module);

}  // namespace mtaio::python
