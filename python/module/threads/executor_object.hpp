/// What TaskExecutor has in C++: its functions in threads.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The base of the Python class TaskExecutor.
struct ExecutorObject {
  PyObject ob_base;
  /// How many functions in threads have not returned.
  Py_ssize_t calls;
  /// The pool that the program gave; null or None if it gave none.
  PyObject* pool;
  /// Whether to call _calls_ended() when no calls are left.
  char watched;
  char closed;
};

[[nodiscard]] inline ExecutorObject* as_executor(PyObject* object) noexcept {
  return reinterpret_cast<ExecutorObject*>(object);
}
[[nodiscard]] inline bool has_own_pool(PyObject* executor) noexcept {
  const PyObject* pool = as_executor(executor)->pool;
  return pool && pool != Py_None;
}

/// A function in a thread has returned, or will not be called. An exception that is set stays.
void count_call_ended(PyObject* executor) noexcept;

}  // namespace mtaio::python
