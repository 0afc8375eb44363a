#include "module/queue/queue_conversion.hpp"

#include "bridge/queue_api.hpp"
#include "module/method/arguments.hpp"
#include "module/queue/queue_object.hpp"

#include <memory>
#include <utility>

namespace mtaio::python {
namespace {

/// The module, which has the types of the queues.
PyObject* types_by_kind = nullptr;

PyObject* wrap(AnyQueue* queue, const char* kind) {
  std::unique_ptr<AnyQueue> owner{queue};
  const Reference type = Reference::take(PyObject_GetAttrString(types_by_kind, kind));
  PyObject* made = type ? PyObject_CallNoArgs(type.get()) : nullptr;
  if (made) delete std::exchange(as_queue(made)->queue, owner.release());
  return made;
}

AnyQueue* unwrap(PyObject* object) {
  for (const char* kind : {"AsyncQueue", "PriorityQueue", "LIFOQueue"}) {
    const Reference type = Reference::take(PyObject_GetAttrString(types_by_kind, kind));
    if (!type) return nullptr;
    if (PyObject_TypeCheck(object, reinterpret_cast<PyTypeObject*>(type.get()))) {
      return as_queue(object)->queue;
    }
  }
  PyErr_Format(PyExc_TypeError, "a queue is needed, not %s %.100s", article(object),
               Py_TYPE(object)->tp_name);
  return nullptr;
}

constexpr QueueApi kApi{kQueueApiVersion, &wrap, &unwrap};

}  // namespace

bool add_queue_conversion(PyObject* module) {
  if (!types_by_kind) types_by_kind = Reference::to(module).release();
  return export_queue_api(module, kApi);
}

}  // namespace mtaio::python
