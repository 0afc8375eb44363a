/// The arguments of a queue's constructor, of put() and of put_nowait().
#pragma once

#include "module/method/arguments.hpp"

namespace mtaio::python {

/// The item (borrowed); null with an exception set.
[[nodiscard]] PyObject* parse_item(PyObject* const* arguments, Py_ssize_t count, PyObject* keywords,
                                   CallName call);
/// The same with a priority; one that is not a number is a ValueError.
[[nodiscard]] PyObject* parse_item_and_priority(PyObject* const* arguments, Py_ssize_t count,
                                                PyObject* keywords, CallName call,
                                                double& priority);
/// The maxsize, 0 for an infinite one; -1 with an exception set.
[[nodiscard]] Py_ssize_t parse_maxsize(PyObject* queue, PyObject* value);

}  // namespace mtaio::python
