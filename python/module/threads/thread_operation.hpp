/// What run_in_thread() returns.
#pragma once

#include "bridge/call_operation.hpp"

namespace mtaio::python {

class FunctionCall;

/// A call of a function in one of the library's threads, to be awaited once. Nothing happens before
/// that. An exception of the function is the cause of an ExecutionError, or is part of the result.
/// When the operation is cancelled it waits until the function has returned, because the function
/// may use objects of the caller. A function that has not started by then never will.
struct ThreadOperation : Operation {
  bool gives_pair;
  PyObject* executor;
  PyObject* function;
  PyObject* arguments;
  /// May be null.
  PyObject* keywords;
  /// What was thrown in while the function ran.
  PyObject* stop;
  FunctionCall* call;

  /// A call for `executor`; `keywords` may be null. If it `gives_pair`, its result is the pair of
  /// what the function returned and what it raised, one of which is None. Null with an exception
  /// set.
  [[nodiscard]] static PyObject* create(PyObject* executor, PyObject* function, PyObject* arguments,
                                        PyObject* keywords, bool gives_pair);
};

/// Adds the type and the function `finish_threads` to the module. False with an exception set.
[[nodiscard]] bool add_thread_operation(PyObject* module);

}  // namespace mtaio::python
