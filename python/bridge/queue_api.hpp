/// What mtaio._core offers other extension modules: a table of functions, in a capsule.
#pragma once

#include <mtaio/python/any_queue.hpp>

namespace mtaio::python {

struct QueueApi {
  int version;
  /// Wraps `queue` in an object of the Python package, which owns it from then on.
  PyObject* (*wrap)(AnyQueue* queue, const char* kind);
  /// The queue inside a Python object; null, with an exception set, if it is not a queue.
  AnyQueue* (*unwrap)(PyObject* object);
};

/// Must change whenever AnyQueue, WaitHandle, OperationFuture, EventLoop or the core of the
/// queues changes.
inline constexpr int kQueueApiVersion = 5;

/// The table of mtaio._core; the first call imports that module. Null, with an exception set, if it
/// cannot be imported.
[[nodiscard]] const QueueApi* import_queue_api();
/// Puts `api` into the module mtaio._core. False with an exception set.
[[nodiscard]] bool export_queue_api(PyObject* module, const QueueApi& api);

}  // namespace mtaio::python
