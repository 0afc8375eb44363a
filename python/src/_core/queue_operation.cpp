#include "_core/queue_operation.hpp"

#include "_core/module_state.hpp"
#include "bridge/operation.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

namespace mtaio::python {
namespace {

using Op = QueueOperation;
using Kind = Op::Kind;
using State = Op::State;

PyTypeObject* type = nullptr;

// Operations that have ended, to be used again. Guarded by the GIL.
constexpr std::size_t kMostKept = 256;
std::array<Op*, kMostKept> kept;
std::size_t kept_count = 0;

// The newest operation, if it has not waited: the garbage collector is told of it when the next one
// is made. Most have gone by then. Guarded by the GIL.
Op* untracked = nullptr;

Op* as_operation(PyObject* object) noexcept { return reinterpret_cast<Op*>(object); }
PyObject* as_object(QueueObject* queue) noexcept { return reinterpret_cast<PyObject*>(queue); }

void track_newest() noexcept {
  if (Op* newest = std::exchange(untracked, nullptr)) {
    PyObject_GC_Track(reinterpret_cast<PyObject*>(newest));
  }
}

const char* name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::kGet:
      return "get";
    case Kind::kNext:
      return "__anext__";
    case Kind::kPut:
      return "put";
    case Kind::kJoin:
      return "join";
  }
  return "?";
}

const char* queue_name(const Op* self) noexcept {
  const char* name = Py_TYPE(as_object(self->queue))->tp_name;
  const char* dot = std::strrchr(name, '.');
  return dot ? dot + 1 : name;
}

Py_ssize_t* waiting_count(Op* self) noexcept {
  switch (self->kind) {
    case Kind::kPut:
      return &self->queue->putters;
    case Kind::kJoin:
      return nullptr;
    default:
      return &self->queue->getters;
  }
}

void leave(Op* self) noexcept {
  if (Wait* wait = std::exchange(self->wait, nullptr)) {
    if (self->state == State::kWaiting) {
      if (Py_ssize_t* count = waiting_count(self)) --*count;
    }
    wait->abandon();
  }
  self->state = State::kEnded;
}

PySendResult fail(Op* self) noexcept {
  leave(self);
  Py_CLEAR(self->item);
  return PYGEN_ERROR;
}

PySendResult give(Op* self, PyObject* value, PyObject** result) noexcept {
  leave(self);
  Py_CLEAR(self->item);
  *result = value;
  return PYGEN_RETURN;
}

PySendResult give_none(Op* self, PyObject** result) noexcept {
  Py_INCREF(Py_None);
  return give(self, Py_None, result);
}

/// A get that got nothing because the queue was shut down.
PySendResult end_of_queue(Op* self) noexcept {
  if (self->kind == Kind::kNext) {
    PyErr_SetNone(PyExc_StopAsyncIteration);
  } else {
    raise_shut_down(self->queue, false);
  }
  return fail(self);
}

/// It has come: takes what it brought.
PySendResult finish_wait(Op* self, PyObject** result) {
  AnyQueue& queue = *self->queue->queue;
  if (!self->wait->take()) {
    PyErr_SetString(PyExc_RuntimeError, "the event loop of the operation was closed");
    return fail(self);
  }
  if (self->kind == Kind::kJoin) return give_none(self, result);
  if (self->kind == Kind::kPut) {
    const AnyQueue::Put put = queue.bring(*self->wait, self->item, self->priority);
    if (put == AnyQueue::Put::kShutDown) raise_shut_down(self->queue, true);
    if (put != AnyQueue::Put::kStored) {
      EventLoop::deliver_unraisable();
      return fail(self);
    }
    return EventLoop::deliver() ? give_none(self, result) : fail(self);
  }
  if (PyObject* item = queue.take_given(*self->wait)) return give(self, item, result);
  return PyErr_Occurred() ? fail(self) : end_of_queue(self);
}

Wait* new_wait(Op* self) {
  AnyQueue& queue = *self->queue->queue;
  switch (self->kind) {
    case Kind::kPut:
      return queue.new_putter();
    case Kind::kJoin:
      return queue.new_joiner();
    default:
      return queue.new_getter();
  }
}

PySendResult give_pending(const Op* self, PyObject** result) noexcept {
  *result = self->wait->pending()->object();
  Py_INCREF(*result);
  return PYGEN_NEXT;
}

PySendResult begin_wait(Op* self, PyObject** result) {
  EventLoop* loop = EventLoop::of_running();
  if (!loop) return fail(self);
  if (self == untracked) track_newest();
  try {
    self->wait = new_wait(self);
  } catch (const std::bad_alloc&) {
    loop->release();
    PyErr_NoMemory();
    return fail(self);
  }
  const Wait::Start start = self->wait->start(*loop, reinterpret_cast<PyObject*>(self));
  loop->release();
  switch (start) {
    case Wait::Start::kError:
      return fail(self);
    case Wait::Start::kServed:
      return finish_wait(self, result);
    case Wait::Start::kWaits:
      break;
  }
  self->state = State::kWaiting;
  if (Py_ssize_t* count = waiting_count(self)) ++*count;
  if (!EventLoop::deliver()) return fail(self);
  return give_pending(self, result);
}

PySendResult begin(Op* self, PyObject** result) {
  if (self->kind == Kind::kPut) {
    bool full = false;
    if (put_now(self->queue, self->item, self->priority, full)) return give_none(self, result);
    return full ? begin_wait(self, result) : fail(self);
  }
  if (self->kind == Kind::kJoin) {
    return self->queue->queue->all_done() ? give_none(self, result) : begin_wait(self, result);
  }
  bool shut_down = false;
  if (PyObject* item = get_now(self->queue, shut_down)) return give(self, item, result);
  if (PyErr_Occurred()) return fail(self);
  return shut_down ? end_of_queue(self) : begin_wait(self, result);
}

// --- The Python type ---

void destroy(PyObject* object) {
  Op* self = as_operation(object);
  if (self == untracked) {
    untracked = nullptr;
  } else {
    PyObject_GC_UnTrack(object);
  }
  leave(self);
  Py_CLEAR(self->item);
  Py_CLEAR(self->queue);
  forget_stop_iteration();
  if (kept_count < kMostKept) {
    kept[kept_count++] = self;
    return;
  }
  PyTypeObject* of = Py_TYPE(object);
  PyObject_GC_Del(object);
  Py_DECREF(of);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Op* self = as_operation(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->queue);
  Py_VISIT(self->item);
  return self->wait ? self->wait->traverse(visit, arg) : 0;
}

int clear(PyObject* object) {
  Op* self = as_operation(object);
  leave(self);
  Py_CLEAR(self->item);
  return 0;
}

PyObject* repr(PyObject* object) {
  const Op* self = as_operation(object);
  const char* state = self->state == State::kNew       ? "not awaited yet"
                      : self->state == State::kWaiting ? "waiting"
                                                       : "done";
  if (self->item) {
    return PyUnicode_FromFormat("<%s.%s(%R), %s, of %R>", queue_name(self), name_of(self->kind),
                                self->item, state, as_object(self->queue));
  }
  return PyUnicode_FromFormat("<%s.%s(), %s, of %R>", queue_name(self), name_of(self->kind), state,
                              as_object(self->queue));
}

PyObject* get_name(PyObject* object, void*) {
  return PyUnicode_FromString(name_of(as_operation(object)->kind));
}
PyObject* get_qualname(PyObject* object, void*) {
  const Op* self = as_operation(object);
  return PyUnicode_FromFormat("%s.%s", queue_name(self), name_of(self->kind));
}

std::array<PyMethodDef, 4> methods{{MTAIO_PYTHON_OPERATION_METHODS(QueueOperation), {}}};
std::array<PyGetSetDef, 3> properties{{
    {"__name__", &get_name, nullptr, nullptr, nullptr},
    {"__qualname__", &get_qualname, nullptr, nullptr, nullptr},
    {},
}};
std::array<PyType_Slot, 12> slots{{
    MTAIO_PYTHON_OPERATION_SLOTS(QueueOperation),
    {Py_tp_dealloc, reinterpret_cast<void*>(&destroy)},
    {Py_tp_traverse, reinterpret_cast<void*>(&traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(&clear)},
    {Py_tp_repr, reinterpret_cast<void*>(&repr)},
    {Py_tp_methods, methods.data()},
    {Py_tp_getset, properties.data()},
    {Py_tp_doc, const_cast<char*>("An operation on a queue. Nothing happens before it is awaited; "
                                  "it may be awaited once, or made a task of.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.QueueOperation", sizeof(Op), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                 slots.data()};

}  // namespace

PyObject* QueueOperation::create(Kind kind, QueueObject* queue, PyObject* item, double priority) {
  track_newest();
  Op* made = nullptr;
  if (kept_count > 0) {
    made = kept[--kept_count];
    _Py_NewReference(reinterpret_cast<PyObject*>(made));
  } else {
    made = PyObject_GC_New(Op, type);
    if (!made) return nullptr;
  }
  Py_INCREF(queue);
  Py_XINCREF(item);
  made->queue = queue;
  made->item = item;
  made->wait = nullptr;
  made->priority = priority;
  made->kind = kind;
  made->state = State::kNew;
  untracked = made;
  return reinterpret_cast<PyObject*>(made);
}

PySendResult QueueOperation::resume(QueueOperation* self, PyObject* error, PyObject** result) {
  if (error) {
    Py_INCREF(error);
    RaisedError::raise(error);
    return fail(self);
  }
  switch (self->state) {
    case State::kNew:
      return begin(self, result);
    case State::kWaiting:
      if (self->wait->arrived()) return finish_wait(self, result);
      PyErr_Format(PyExc_RuntimeError, "%s.%s() was resumed before it was ready", queue_name(self),
                   name_of(self->kind));
      return PYGEN_ERROR;
    case State::kEnded:
      break;
  }
  PyErr_Format(PyExc_RuntimeError, "cannot reuse already awaited %s.%s()", queue_name(self),
               name_of(self->kind));
  return PYGEN_ERROR;
}

bool QueueOperation::idle(QueueOperation* self) noexcept {
  if (self->state == State::kWaiting) return false;
  leave(self);
  Py_CLEAR(self->item);
  return true;
}

bool add_queue_operation(PyObject* module) {
  if (!type) type = make_operation_type(spec);
  return type && PyModule_AddType(module, type) == 0;
}

}  // namespace mtaio::python
