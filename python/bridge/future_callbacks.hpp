/// Calling the callbacks of an OperationFuture.
#pragma once

#include <mtaio/python/operation_future.hpp>

namespace mtaio::python {

/// Has the loop call `callback`. False with an exception set.
[[nodiscard]] bool call_soon(OperationFuture* future, PyObject* callback, PyObject* context);

/// Calls the first callback `immediately`, or has the loop call it, and has the loop call the
/// others. False with an exception set.
[[nodiscard]] bool call_all(OperationFuture* future, bool immediately);

}  // namespace mtaio::python
