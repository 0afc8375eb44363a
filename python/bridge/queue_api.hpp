/// What mtaio._core offers other extension modules: a table of functions, in a capsule.
#pragma once

#include <mtaio/python/any_queue.hpp>

namespace mtaio::python {

struct QueueApi {
  int version;
  /// A queue of the Python package that is `queue`, which it takes over.
  PyObject* (*wrap)(AnyQueue* queue, const char* kind);
  /// The queue that a Python object is.
  AnyQueue* (*unwrap)(PyObject* object);
};

/// Has to change whenever AnyQueue, WaitHandle, OperationFuture, EventLoop or the core of the
/// queues changes.
inline constexpr int kQueueApiVersion = 5;

/// The table of mtaio._core, which is imported the first time. Null with an exception set.
[[nodiscard]] const QueueApi* import_queue_api();
/// Puts `api` into the module mtaio._core. False with an exception set.
[[nodiscard]] bool export_queue_api(PyObject* module, const QueueApi& api);

}  // namespace mtaio::python
