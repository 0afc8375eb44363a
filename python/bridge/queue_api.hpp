/// What mtaio._core offers other extension modules.
#pragma once

#include <mtaio/python/any_queue.hpp>

namespace mtaio::python {

inline constexpr const char* kQueueApi = "mtaio._core._queue_api";
/// Another one whenever AnyQueue, Wait, Pending, EventLoop or the core of the queues changes.
inline constexpr int kQueueApiVersion = 4;

/// In a capsule.
struct QueueApi {
  int version;
  PyObject* (*wrap)(AnyQueue* queue, const char* kind);  // takes over the queue
  AnyQueue* (*unwrap)(PyObject* object);
};

}  // namespace mtaio::python
