#include <mtaio/python/queues.hpp>

#include "bridge/queue_api.hpp"

namespace mtaio::python {

PyObject* wrap_queue(std::unique_ptr<AnyQueue> queue, const char* kind) {
  const QueueApi* api = import_queue_api();
  return api ? api->wrap(queue.release(), kind) : nullptr;
}

AnyQueue* unwrap_queue(PyObject* object) {
  const QueueApi* api = import_queue_api();
  return api ? api->unwrap(object) : nullptr;
}

}  // namespace mtaio::python
