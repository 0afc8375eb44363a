/// What TaskExecutor has in C++.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The base of the Python class TaskExecutor.
struct ExecutorObject {
  PyObject_HEAD
  Py_ssize_t calls;  // functions in threads that have not returned
  char watched;      // somebody waits for that to be zero: _calls_ended() is to be called
};

[[nodiscard]] ExecutorObject* as_executor(PyObject* object) noexcept;
/// Whether it is one; a TypeError if not.
[[nodiscard]] bool check_executor(PyObject* object);

}  // namespace mtaio::python
