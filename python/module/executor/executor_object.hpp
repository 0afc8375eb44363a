/// What TaskExecutor has in C++.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The base of the Python class TaskExecutor.
struct ExecutorObject {
  PyObject_HEAD Py_ssize_t calls;  // functions in threads that have not returned
  PyObject* pool;                  // the caller's, or null
  char watched;  // somebody waits for calls to be zero: _calls_ended() is to be called
  char closed;
};

[[nodiscard]] ExecutorObject* as_executor(PyObject* object) noexcept;
/// A RuntimeError if the executor was closed.
[[nodiscard]] bool check_open(ExecutorObject* self, const char* member);
/// Whether it is one; a TypeError if not.
[[nodiscard]] bool check_executor(PyObject* object);

}  // namespace mtaio::python
