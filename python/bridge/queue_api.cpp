#include "bridge/queue_api.hpp"

#include "bridge/prepare.hpp"

namespace mtaio::python {
namespace {

constexpr const char* kModule = "mtaio._core";
constexpr const char* kAttribute = "_queue_api";
constexpr const char* kApiCapsule = "mtaio._core._queue_api";

}  // namespace

const QueueApi* import_queue_api() {
  static const QueueApi* found = nullptr;
  if (!prepare_bridge()) return nullptr;
  if (found) return found;
  const Reference module = Reference::take(PyImport_ImportModule(kModule));
  if (!module) return nullptr;
  const auto* imported = static_cast<const QueueApi*>(PyCapsule_Import(kApiCapsule, 0));
  if (!imported) return nullptr;
  if (imported->version != kQueueApiVersion) {
    PyErr_SetString(PyExc_ImportError,
                    "this module was built for another version of the package mtaio");
    return nullptr;
  }
  found = imported;
  return found;
}

bool export_queue_api(PyObject* module, const QueueApi& api) {
  const Reference capsule =
      Reference::take(PyCapsule_New(const_cast<QueueApi*>(&api), kApiCapsule, nullptr));
  return capsule && PyModule_AddObjectRef(module, kAttribute, capsule.get()) == 0;
}

}  // namespace mtaio::python
