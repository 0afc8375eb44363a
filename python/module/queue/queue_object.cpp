#include "module/queue/queue_object.hpp"

#include <mtaio/async_queue.hpp>
#include <mtaio/lifo_queue.hpp>
#include <mtaio/priority_queue.hpp>
#include <mtaio/python/queue_of.hpp>

#include "bridge/type_tables.hpp"
#include "module/method/arguments.hpp"
#include "module/method/async_method.hpp"
#include "module/queue/queue_arguments.hpp"
#include "module/queue/queue_docs.hpp"
#include "module/queue/queue_methods.hpp"

#include <structmember.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace mtaio::python {
namespace {

template <class T, class Storage, class Queue>
AnyQueue* new_queue(Py_ssize_t maxsize) {
  return new QueueOf<T, Storage, Queue>{std::make_shared<Queue>(maxsize)};
}

template <class Queue, class Storage>
PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* object = type->tp_alloc(type, 0);
  if (!object) return nullptr;
  as_queue(object)->queue = new_queue<Object, Storage, Queue>(0);
  return object;
}

template <class Queue, class Storage>
int initialise(PyObject* object, PyObject* arguments, PyObject* keywords) {
  static constexpr std::array<const char*, 1> kNames{"maxsize"};
  std::array<PyObject*, 1> places{};
  if (!sort_arguments(short_name(object), {kNames, 1, 0}, arguments, keywords, places)) return -1;
  const Py_ssize_t maxsize = places[0] ? parse_maxsize(object, places[0]) : 0;
  if (maxsize < 0) return -1;
  QueueObject* self = as_queue(object);
  if (self->initialised) {
    PyErr_Format(PyExc_RuntimeError, "%s.__init__(): the queue was made before; make another one.",
                 short_name(object));
    return -1;
  }
  if (maxsize > 0 && (self->getters > 0 || self->putters > 0 || self->queue->unfinished() > 0)) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s.__init__(): the queue has been used before; call it first of all.",
                 short_name(object));
    return -1;
  }
  self->initialised = true;
  if (maxsize == 0) return 0;
  delete std::exchange(self->queue, new_queue<Object, Storage, Queue>(maxsize));
  return 0;
}

void destroy(PyObject* object) {
  PyObject_GC_UnTrack(object);
  // The items may be queues with items, and so on.
  Py_TRASHCAN_BEGIN(object, &destroy);
  if (as_queue(object)->weak_references) PyObject_ClearWeakRefs(object);
  delete std::exchange(as_queue(object)->queue, nullptr);
  free_object(object);
  Py_TRASHCAN_END;
}

struct Visitor {
  visitproc visit;
  void* arg;
  int result;
};

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Visitor visitor{visit, arg, 0};
  as_queue(object)->queue->visit_items(
      [](PyObject* item, void* argument) {
        auto& garbage_collector = *static_cast<Visitor*>(argument);
        if (garbage_collector.result == 0 && item)
          garbage_collector.result = garbage_collector.visit(item, garbage_collector.arg);
      },
      &visitor);
  return visitor.result;
}

int clear(PyObject* object) {
  AnyQueue& queue = *as_queue(object)->queue;
  queue.clear();
  EventLoop::flush_unraisable();
  queue.drop();
  return 0;
}

PyObject* iterate(PyObject* object) { return Py_NewRef(object); }

PyObject* get_maxsize(PyObject* object, void*) {
  return PyLong_FromSize_t(as_queue(object)->queue->maxsize());
}

std::array<PyGetSetDef, 2> properties{{
    {"maxsize", &get_maxsize, nullptr, "How many items there may be; 0: any number.", nullptr},
    {},
}};
std::array<PyMemberDef, 2> members{{
    {"__weaklistoffset__", T_PYSSIZET, offsetof(QueueObject, weak_references), READONLY, nullptr},
    {},
}};

template <class Queue, class Storage>
bool add(PyObject* module, const char* name, const char* doc, PyMethodDef* methods) {
  static PyTypeObject* type = nullptr;
  if (!type) {
    std::array<PyType_Slot, 13> slots{{
        slot(Py_tp_new, &make<Queue, Storage>),
        slot(Py_tp_init, &initialise<Queue, Storage>),
        slot(Py_tp_dealloc, &destroy),
        slot(Py_tp_traverse, &traverse),
        slot(Py_tp_clear, &clear),
        slot(Py_tp_repr, &repr_of_queue),
        slot(Py_am_aiter, &iterate),
        slot(Py_am_anext, &next_of_queue),
        {Py_tp_methods, methods},
        {Py_tp_getset, properties.data()},
        {Py_tp_members, members.data()},
        {Py_tp_doc, const_cast<char*>(doc)},
        {0, nullptr},
    }};
    PyType_Spec spec{name, sizeof(QueueObject), 0,
                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots.data()};
    type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    if (type && !make_async(type, {"put", "get", "join"})) return false;
  }
  return type && PyModule_AddType(module, type) == 0;
}

}  // namespace

bool add_queues(PyObject* module) {
  using internal::FifoStorage;
  using internal::LifoStorage;
  using internal::PriorityStorage;
  return add<AsyncQueue<Object>, FifoStorage>(module, "mtaio.core.AsyncQueue", kAsyncQueueDoc,
                                              plain_queue_methods()) &&
         add<PriorityQueue<Object>, PriorityStorage>(module, "mtaio.core.PriorityQueue",
                                                     kPriorityQueueDoc, priority_queue_methods()) &&
         add<LIFOQueue<Object>, LifoStorage>(module, "mtaio.core.LIFOQueue", kLifoQueueDoc,
                                             plain_queue_methods());
}

}  // namespace mtaio::python
