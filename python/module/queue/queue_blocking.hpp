/// Putting and getting in threads without an event loop, which block while they wait.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

// Methods of the queues; see kPutBlockingDoc and its neighbours.
PyObject* put_blocking(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* keywords);
PyObject* put_blocking_prioritised(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                                   PyObject* keywords);
PyObject* get_blocking(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* keywords);

}  // namespace mtaio::python
