#include "module/threads/executor_object.hpp"

#include <mtaio/python/raised_error.hpp>

namespace mtaio::python {

void count_call_ended(PyObject* executor) noexcept {
  ExecutorObject* self = as_executor(executor);
  if (--self->calls > 0 || self->watched == 0) return;
  const PreservedError preserved;
  const Reference called = Reference::take(PyObject_CallMethod(executor, "_calls_ended", nullptr));
  if (!called) PyErr_WriteUnraisable(executor);
}

}  // namespace mtaio::python
