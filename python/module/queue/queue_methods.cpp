#include "module/queue/queue_methods.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/type_tables.hpp"
#include "module/queue/queue_arguments.hpp"
#include "module/queue/queue_blocking.hpp"
#include "module/queue/queue_docs.hpp"
#include "module/queue/queue_operation.hpp"

#include <array>

namespace mtaio::python {
namespace {

using Kind = QueueOperation::Kind;

/// Not inlined, which keeps the usual call short.
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

PyObject* put_or_raise(PyObject* object, PyObject* item, double priority) {
  bool full = false;
  if (put_now(as_queue(object), item, priority, full)) Py_RETURN_NONE;
  if (full) PyErr_SetNone(cached().queue_full);
  return nullptr;
}

PyObject* put_nowait(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                     PyObject* keywords) {
  PyObject* item = parse_item(arguments, count, keywords, {short_name(object), "put_nowait"});
  return item ? put_or_raise(object, item, 0) : nullptr;
}

PyObject* put_nowait_prioritised(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                                 PyObject* keywords) {
  double priority = 0;
  PyObject* item = parse_item_and_priority(arguments, count, keywords,
                                           {short_name(object), "put_nowait"}, priority);
  return item ? put_or_raise(object, item, priority) : nullptr;
}

PyObject* get(PyObject* object, PyObject*) {
  return QueueOperation::create(Kind::kGet, as_queue(object));
}
PyObject* join(PyObject* object, PyObject*) {
  return QueueOperation::create(Kind::kJoin, as_queue(object));
}

PyObject* get_nowait(PyObject* object, PyObject*) {
  bool shut_down = false;
  PyObject* item = get_now(as_queue(object), shut_down);
  if (item || PyErr_Occurred()) return item;
  if (shut_down) return raise_shut_down(as_queue(object), false);
  PyErr_SetNone(cached().queue_empty);
  return nullptr;
}

PyObject* task_done(PyObject* object, PyObject*) {
  const bool done = as_queue(object)->queue->task_done();
  if (!EventLoop::flush()) return nullptr;
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
  const bool flushed = EventLoop::flush();
  const PreservedError raised_by_flush;
  self->queue->drop();
  return flushed ? Py_NewRef(Py_None) : nullptr;
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
/// The methods that take a priority in one kind of queue only.
struct Puts {
  PyCFunction put;
  const char* put_doc;
  PyCFunction put_nowait;
  const char* put_nowait_doc;
  PyCFunction put_blocking;
  const char* put_blocking_doc;
};

std::array<PyMethodDef, 14> methods(const Puts& puts) {
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

}  // namespace

PyMethodDef* plain_queue_methods() noexcept { return plain_methods.data(); }
PyMethodDef* priority_queue_methods() noexcept { return prioritised_methods.data(); }

PyObject* next_of_queue(PyObject* queue) {
  return QueueOperation::create(Kind::kNext, as_queue(queue));
}

}  // namespace mtaio::python
