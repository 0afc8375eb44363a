/// What the methods of a Latch return.
#pragma once

#include <mtaio/latch.hpp>
#include <mtaio/python/wait.hpp>

#include "bridge/wait_operation.hpp"

namespace mtaio::python {

/// The Python type Latch.
struct LatchObject {
  PyObject_HEAD Latch* latch;
  PyObject* weak_references;
  bool initialised;
};

/// An operation on a latch, to be awaited once. Only count_down() takes effect at the call.
struct LatchOperation {
  PyObject_HEAD LatchObject* latch;
  Wait* wait;       // while it waits
  PyObject* timer;  // the loop's handle, while it waits for at most `timeout`
  double timeout;   // infinite: none
  bool counted_down;
  bool timed_out;
  WaitState state;

  /// A wait for at most `timeout` seconds, or the result of a count_down(), which has been done.
  [[nodiscard]] static PyObject* create(LatchObject* latch, double timeout, bool counted_down);
};

}  // namespace mtaio::python
