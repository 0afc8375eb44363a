#include <mtaio/python/queues.hpp>

#include "bridge/queue_api.hpp"
#include "bridge/runtime_state.hpp"

namespace mtaio::python {
namespace {

const QueueApi* api() {
  static const QueueApi* found = nullptr;
  if (!prepare_state()) return nullptr;
  if (!found) {
    const Reference module = Reference::take(PyImport_ImportModule("mtaio._core"));
    if (!module) return nullptr;
    found = static_cast<const QueueApi*>(PyCapsule_Import(kQueueApi, 0));
    if (found && found->version != kQueueApiVersion) {
      found = nullptr;
      PyErr_SetString(PyExc_ImportError,
                      "this module was built for another version of the package mtaio");
    }
  }
  return found;
}

}  // namespace

PyObject* wrap_queue(std::unique_ptr<AnyQueue> queue, const char* kind) {
  const QueueApi* with = api();
  return with ? with->wrap(queue.release(), kind) : nullptr;
}

AnyQueue* unwrap_queue(PyObject* object) {
  const QueueApi* with = api();
  return with ? with->unwrap(object) : nullptr;
}

}  // namespace mtaio::python
