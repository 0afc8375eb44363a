/// What the methods of a Latch return.
#pragma once

#include "bridge/wait_operation.hpp"
#include "module/latch/latch_object.hpp"

namespace mtaio::python {

/// An operation on a latch, to be awaited once. Only count_down() takes effect at the call.
struct LatchOperation : Operation {
  bool counted_down;
  bool timed_out;
  LatchObject* latch;
  /// Null unless it waits.
  WaitHandle* wait;
  /// The loop's handle, if it waits for a limited time.
  PyObject* timer;
  /// In seconds, perhaps infinite.
  double timeout;

  /// A wait for at most `timeout` seconds. Null with an exception set.
  [[nodiscard]] static PyObject* create_wait(LatchObject* latch, double timeout);
  /// The result of a count_down(), which is done by then. Null with an exception set.
  [[nodiscard]] static PyObject* create_count_down(LatchObject* latch);
};

/// Adds the type to the module. False with an exception set.
[[nodiscard]] bool add_latch_operation(PyObject* module);

}  // namespace mtaio::python
