/// What gather() and map() of the executor return.
#pragma once

#include <mtaio/python/operation_future.hpp>

#include "bridge/operation.hpp"
#include "module/gather/coroutine_source.hpp"
#include "module/gather/gather_options.hpp"

namespace mtaio::python {

struct Gather;

/// An operation that runs many coroutines, to be awaited once. Nothing happens before that.
struct GatherOperation : Operation {
  PyObject* executor;
  Gather* gather;
  /// What the caller waits for.
  OperationFuture* future;
  /// The exception that has ended the caller's wait; raised when all workers have left.
  PyObject* stop;
  /// The loop's handle; null without a timeout.
  PyObject* timer;

  /// Null with an exception set; then the coroutines of `source` were closed.
  [[nodiscard]] static PyObject* create(PyObject* executor, CoroutineSource source,
                                        const GatherOptions& options);
};

/// Adds the types to the module. False with an exception set.
[[nodiscard]] bool add_gather_operation(PyObject* module);

}  // namespace mtaio::python
