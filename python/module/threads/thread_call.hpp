/// What run_in_thread() returns.
#pragma once

#include "bridge/call_operation.hpp"

namespace mtaio::python {

class FunctionCall;

/// A call of a function in one of the library's threads, to be awaited once. Nothing happens before
/// that. What the function raised is the cause of an ExecutionError, or is given. When it is
/// cancelled it waits until the function has returned, because that may use what the caller has;
/// one that has not started never will.
struct ThreadCall {
  PyObject_HEAD PyObject* executor;
  PyObject* function;
  PyObject* arguments;
  PyObject* keywords;  // or null
  PyObject* stop;      // what was thrown in while the function ran
  FunctionCall* call;
  bool gives_pair;
  CallState state;
};

/// A call by `executor`; `keywords` may be null. If it `gives_pair`, it gives what was returned and
/// what was raised, of which one is None. Null with an exception set.
[[nodiscard]] PyObject* new_thread_call(PyObject* executor, PyObject* function, PyObject* arguments,
                                        PyObject* keywords, bool gives_pair);

}  // namespace mtaio::python
