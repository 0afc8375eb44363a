#include "module/queue/queue_object.hpp"

#include <mtaio/async_queue.hpp>
#include <mtaio/lifo_queue.hpp>
#include <mtaio/priority_queue.hpp>

#include "module/method/async_method.hpp"
#include "module/module_state.hpp"
#include "module/queue/queue_arguments.hpp"
#include "module/queue/queue_blocking.hpp"
#include "module/queue/queue_docs.hpp"
#include "module/queue/queue_operation.hpp"
#include "bridge/type_tables.hpp"

#include <structmember.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace mtaio::python {
namespace {

using Kind = QueueOperation::Kind;

// --- Making one ---

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
  as_queue(object)->queue->look_through(
      [](PyObject* item, void* with) {
        auto& to = *static_cast<Visitor*>(with);
        if (to.result == 0 && item) to.result = to.visit(item, to.arg);
      },
      &visitor);
  return visitor.result;
}

int clear(PyObject* object) {
  AnyQueue& queue = *as_queue(object)->queue;
  queue.clear();
  EventLoop::deliver_unraisable();
  queue.drop();
  return 0;
}

// --- Methods ---

/// Not inline, so that the usual call is short.
[[gnu::noinline]] PyObject* put_named(PyObject* object, PyObject* const* arguments,
                                      Py_ssize_t count, PyObject* keywords) {
  PyObject* item = parse_item(arguments, count, keywords, {short_name(object), "put"});
  return item ? QueueOperation::create(Kind::kPut, as_queue(object), item) : nullptr;
}

PyObject* put(PyObject* object, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  if (count == 1 && !keywords) [[likely]] {
    return QueueOperation::create(Kind::kPut, as_queue(object), arguments[0]);
  }
  return put_named(object, arguments, count, keywords);
}

PyObject* put_prioritised(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                          PyObject* keywords) {
  double priority = 0;
  PyObject* item =
      parse_item_and_priority(arguments, count, keywords, {short_name(object), "put"}, priority);
  return item ? QueueOperation::create(Kind::kPut, as_queue(object), item, priority) : nullptr;
}

PyObject* put_at_once(PyObject* object, PyObject* item, double priority) {
  bool full = false;
  if (!put_now(as_queue(object), item, priority, full)) {
    if (full) PyErr_SetNone(module_state().queue_full);
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* put_nowait(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                     PyObject* keywords) {
  PyObject* item = parse_item(arguments, count, keywords, {short_name(object), "put_nowait"});
  return item ? put_at_once(object, item, 0) : nullptr;
}

PyObject* put_nowait_prioritised(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                                 PyObject* keywords) {
  double priority = 0;
  PyObject* item = parse_item_and_priority(arguments, count, keywords,
                                           {short_name(object), "put_nowait"}, priority);
  return item ? put_at_once(object, item, priority) : nullptr;
}

PyObject* get(PyObject* object, PyObject*) {
  return QueueOperation::create(Kind::kGet, as_queue(object));
}
PyObject* join(PyObject* object, PyObject*) {
  return QueueOperation::create(Kind::kJoin, as_queue(object));
}
PyObject* anext(PyObject* object) { return QueueOperation::create(Kind::kNext, as_queue(object)); }
PyObject* aiter(PyObject* object) {
  Py_INCREF(object);
  return object;
}

PyObject* get_nowait(PyObject* object, PyObject*) {
  bool shut_down = false;
  PyObject* item = get_now(as_queue(object), shut_down);
  if (item || PyErr_Occurred()) return item;
  if (shut_down) return raise_shut_down(as_queue(object), false);
  PyErr_SetNone(module_state().queue_empty);
  return nullptr;
}

PyObject* task_done(PyObject* object, PyObject*) {
  const bool done = as_queue(object)->queue->task_done();
  if (!EventLoop::deliver()) return nullptr;
  if (!done) {
    PyErr_Format(PyExc_ValueError,
                 "%s.task_done(): called more often than items were put; call it once for each "
                 "item that get() returned.",
                 short_name(object));
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* shutdown(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                   PyObject* keywords) {
  static constexpr std::array<const char*, 1> kNames{"immediate"};
  std::array<PyObject*, 1> places{};
  const CallName call{short_name(object), "shutdown"};
  if (!sort_arguments(call, {kNames, 1, 0}, arguments, count, keywords, places)) return nullptr;
  const int immediate = places[0] ? PyObject_IsTrue(places[0]) : 0;
  if (immediate < 0) return nullptr;
  QueueObject* self = as_queue(object);
  self->queue->shutdown(immediate != 0);
  if (EventLoop::deliver()) {
    self->queue->drop();
    Py_RETURN_NONE;
  }
  RaisedError raised = RaisedError::fetch();
  self->queue->drop();
  std::move(raised).restore();
  return nullptr;
}

PyObject* qsize(PyObject* object, PyObject*) {
  return PyLong_FromSize_t(as_queue(object)->queue->stored());
}
PyObject* empty(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_queue(object)->queue->stored() == 0);
}
PyObject* full(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_queue(object)->queue->full());
}
PyObject* get_maxsize(PyObject* object, void*) {
  return PyLong_FromSize_t(as_queue(object)->queue->maxsize());
}

/// The ways to put, which take a priority or not.
struct Puts {
  PyCFunction put;
  const char* put_doc;
  PyCFunction put_nowait;
  const char* put_nowait_doc;
  PyCFunction put_blocking;
  const char* put_blocking_doc;
};

std::array<PyMethodDef, 15> methods(const Puts& puts) {
  return {{
      {"put", puts.put, METH_FASTCALL | METH_KEYWORDS, puts.put_doc},
      {"put_nowait", puts.put_nowait, METH_FASTCALL | METH_KEYWORDS, puts.put_nowait_doc},
      {"put_blocking", puts.put_blocking, METH_FASTCALL | METH_KEYWORDS, puts.put_blocking_doc},
      {"get", &get, METH_NOARGS, kGetDoc},
      {"get_nowait", &get_nowait, METH_NOARGS, kGetNowaitDoc},
      {"get_blocking", as_method(&get_blocking), METH_FASTCALL | METH_KEYWORDS, kGetBlockingDoc},
      {"task_done", &task_done, METH_NOARGS, kTaskDoneDoc},
      {"join", &join, METH_NOARGS, kJoinDoc},
      {"shutdown", as_method(&shutdown), METH_FASTCALL | METH_KEYWORDS, kShutdownDoc},
      {"qsize", &qsize, METH_NOARGS, kQsizeDoc},
      {"empty", &empty, METH_NOARGS, kEmptyDoc},
      {"full", &full, METH_NOARGS, kFullDoc},
      {"__class_getitem__", &Py_GenericAlias, METH_O | METH_CLASS, kClassGetitemDoc},
      {},
  }};
}

auto plain_methods = methods({as_method(&put), kPutDoc, as_method(&put_nowait), kPutNowaitDoc,
                              as_method(&put_blocking), kPutBlockingDoc});
auto prioritised_methods = methods(
    {as_method(&put_prioritised), kPutPrioritisedDoc, as_method(&put_nowait_prioritised),
     kPutNowaitPrioritisedDoc, as_method(&put_blocking_prioritised), kPutBlockingPrioritisedDoc});
std::array<PyGetSetDef, 2> properties{{
    {"maxsize", &get_maxsize, nullptr, "How many items there may be; 0: any number.", nullptr},
    {},
}};
std::array<PyMemberDef, 2> members{{
    {"__weaklistoffset__", T_PYSSIZET, offsetof(QueueObject, weak_references), READONLY, nullptr},
    {},
}};

template <class Queue, class Storage>
bool add(PyObject* module, const char* name, const char* doc, PyMethodDef* with) {
  static PyTypeObject* type = nullptr;
  if (!type) {
    std::array<PyType_Slot, 13> slots{{
        slot(Py_tp_new, &make<Queue, Storage>),
        slot(Py_tp_init, &initialise<Queue, Storage>),
        slot(Py_tp_dealloc, &destroy),
        slot(Py_tp_traverse, &traverse),
        slot(Py_tp_clear, &clear),
        slot(Py_tp_repr, &repr_of_queue),
        slot(Py_am_aiter, &aiter),
        slot(Py_am_anext, &anext),
        {Py_tp_methods, with},
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

PyObject* raise_shut_down(QueueObject* queue, bool putting) {
  PyErr_Format(module_state().queue_shut_down,
               putting ? "%s.put(): the queue was shut down; it takes no more items."
                       : "%s.get(): the queue was shut down and is empty; use 'async for' to end a "
                         "loop without an exception.",
               short_name(reinterpret_cast<PyObject*>(queue)));
  return nullptr;
}

bool add_queues(PyObject* module) {
  using internal::FifoStorage;
  using internal::LifoStorage;
  using internal::PriorityStorage;
  return add<AsyncQueue<Object>, FifoStorage>(module, "mtaio.core.AsyncQueue", kAsyncQueueDoc,
                                              plain_methods.data()) &&
         add<PriorityQueue<Object>, PriorityStorage>(
             module, "mtaio.core.PriorityQueue", kPriorityQueueDoc, prioritised_methods.data()) &&
         add<LIFOQueue<Object>, LifoStorage>(module, "mtaio.core.LIFOQueue", kLifoQueueDoc,
                                             plain_methods.data());
}

}  // namespace mtaio::python
