#include "module/queue/queue_operation.hpp"

#include "bridge/cached_objects.hpp"

#include <utility>

namespace mtaio::python {
namespace {

using Kind = QueueOperation::Kind;

/// The newest operation, if it has not waited. The garbage collector learns of it when the next one
/// is made; most are destroyed by then. Guarded by the GIL.
QueueOperation* untracked = nullptr;

PyObject* as_object(QueueObject* queue) noexcept { return reinterpret_cast<PyObject*>(queue); }

void track_newest() noexcept {
  if (QueueOperation* newest = std::exchange(untracked, nullptr)) PyObject_GC_Track(newest);
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

Py_ssize_t* waiting_count(const QueueOperation* self) noexcept {
  switch (self->kind) {
    case Kind::kPut:
      return &self->queue->putters;
    case Kind::kJoin:
      return nullptr;
    default:
      return &self->queue->getters;
  }
}

WaitHandle* new_wait_in(AnyQueue& queue, Kind kind) {
  switch (kind) {
    case Kind::kPut:
      return queue.new_putter();
    case Kind::kJoin:
      return queue.new_joiner();
    default:
      return queue.new_getter();
  }
}

struct QueueOperationType : WaitOperationType<QueueOperationType, QueueOperation> {
  static constexpr const char* kName = "mtaio._core.QueueOperation";
  static constexpr const char* kDoc =
      "An operation on a queue. Nothing happens before it is awaited; it may be awaited once, or "
      "made a task of.";

  static const char* owner(const QueueOperation* self) noexcept {
    return short_name(as_object(self->queue));
  }
  static const char* name(const QueueOperation* self) noexcept { return name_of(self->kind); }
  static PyObject* repr(QueueOperation* self) {
    const char* state = state_text(self);
    if (const Reference item = Reference::to(self->item)) {
      return PyUnicode_FromFormat("<%s.%s(%R), %s, of %R>", owner(self), name(self), item.get(),
                                  state, as_object(self->queue));
    }
    return PyUnicode_FromFormat("<%s.%s(), %s, of %R>", owner(self), name(self), state,
                                as_object(self->queue));
  }

  // A get that finds an item, and a put that finds room, nearly always wake no waiter, and have
  // then nothing else to do. On this path the compiler has no reason to save a register, or to
  // guard the stack.

  static PySendResult send(PyObject* object, PyObject* value, PyObject** result) {
    QueueOperation* self = as_operation(object);
    if (self->state == OperationState::kNew) [[likely]] {
      if (self->kind == Kind::kPut) {
        if (put_quietly(self)) {
          *result = Py_NewRef(Py_None);
          return PYGEN_RETURN;
        }
      } else if (PyObject* item = get_quietly(self)) {
        *result = item;
        return PYGEN_RETURN;
      }
    }
    return WaitOperationType::send(object, value, result);
  }
  static PyObject* next(PyObject* object) {
    QueueOperation* self = as_operation(object);
    if (self->state == OperationState::kNew) [[likely]] {
      if (self->kind == Kind::kPut) {
        if (put_quietly(self)) return nullptr;  // the end of an iteration, with None
      } else if (PyObject* item = get_quietly(self)) {
        return item == Py_None ? no_value(item) : stop_iteration(item);
      }
    }
    return next_slowly(object);
  }

  static PySendResult begin(QueueOperation* self, PyObject** result) {
    self->state = OperationState::kEnded;  // unless it waits; from here on it is not new
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
  static WaitHandle* new_wait(QueueOperation* self, EventLoop&) {
    if (self == untracked) track_newest();
    WaitHandle* wait = new_wait_in(*self->queue->queue, self->kind);
    if (Py_ssize_t* count = waiting_count(self)) ++*count;
    return wait;
  }
  /// Whether at least as many waiters of the other kind have been woken as wait here. Waiters of
  /// this kind that have been woken are in both numbers.
  static bool comes_soon(const QueueOperation* self) noexcept {
    const Py_ssize_t* waiting = waiting_count(self);
    return waiting && std::cmp_greater_equal(self->queue->queue->in_transit(), *waiting);
  }
  /// Takes what the waiter was given.
  static PySendResult finish(QueueOperation* self, PyObject** result) {
    AnyQueue& queue = *self->queue->queue;
    if (!self->wait->take()) {
      PyErr_SetString(PyExc_RuntimeError, "the event loop of the operation was closed");
      return fail(self);
    }
    if (self->kind == Kind::kJoin) return give_none(self, result);
    if (self->kind == Kind::kPut) {
      const AnyQueue::Put put = queue.put_reserved(*self->wait, self->item, self->priority);
      if (put == AnyQueue::Put::kShutDown) raise_shut_down(self->queue, true);
      if (put != AnyQueue::Put::kStored) {
        EventLoop::flush_unraisable();
        return fail(self);
      }
      return EventLoop::flush() ? give_none(self, result) : fail(self);
    }
    if (PyObject* item = queue.take_given(*self->wait)) return give(self, item, result);
    return PyErr_Occurred() ? fail(self) : end_of_queue(self);
  }
  static void leave(QueueOperation* self) noexcept {
    self->state = OperationState::kEnded;
    if (WaitHandle* wait = std::exchange(self->wait, nullptr)) {
      if (Py_ssize_t* count = waiting_count(self)) --*count;
      wait->abandon();
    }
    Py_CLEAR(self->item);
  }
  /// A get that got nothing because the queue was shut down.
  static PySendResult end_of_queue(QueueOperation* self) noexcept {
    if (self->kind == Kind::kNext) {
      PyErr_SetNone(PyExc_StopAsyncIteration);
    } else {
      raise_shut_down(self->queue, false);
    }
    return fail(self);
  }

  static int traverse(QueueOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->queue);
    Py_VISIT(self->item);
    return self->wait ? self->wait->traverse(visit, arg) : 0;
  }
  static void clear(QueueOperation* self) { leave(self); }
  static void drop(QueueOperation* self) {
    leave(self);
    Py_CLEAR(self->queue);
  }
  static void destroy(PyObject* object) {
    QueueOperation* self = as_operation(object);
    // An operation that has ended refers only to its queue.
    if (self == untracked && self->state == OperationState::kEnded && end_life_quietly(self))
        [[likely]] {
      untracked = nullptr;
      Py_DECREF(self->queue);
    } else {
      destroy_slowly(object);
    }
  }

 private:
  static bool put_quietly(QueueOperation* self) noexcept {
    if (!self->queue->queue->put_quietly(self->item, self->priority)) return false;
    self->item = nullptr;
    self->state = OperationState::kEnded;
    return true;
  }
  static PyObject* get_quietly(QueueOperation* self) noexcept {
    PyObject* item = self->kind == Kind::kJoin ? nullptr : self->queue->queue->get_quietly();
    if (item) self->state = OperationState::kEnded;
    return item;
  }
  static PyObject* no_value(PyObject* none) noexcept {
    Py_DECREF(none);
    return nullptr;
  }
  [[gnu::noinline]] static PyObject* next_slowly(PyObject* object) {
    return WaitOperationType::next(object);
  }
  [[gnu::noinline]] static void destroy_slowly(PyObject* object) {
    if (as_operation(object) == untracked) {
      untracked = nullptr;
    } else {
      PyObject_GC_UnTrack(object);
    }
    destroy_untracked(object);
  }
};

PyObject* set_fields(QueueOperation* made, Kind kind, QueueObject* queue, PyObject* item,
                     double priority) noexcept {
  Py_INCREF(queue);
  Py_XINCREF(item);
  made->kind = kind;
  made->queue = queue;
  made->item = item;
  made->wait = nullptr;
  made->priority = priority;
  untracked = made;
  return made;
}

[[gnu::noinline]] PyObject* create_slowly(Kind kind, QueueObject* queue, PyObject* item,
                                          double priority) {
  // make() may run any code, which makes operations too.
  QueueOperation* made = QueueOperationType::make();
  if (!made) return nullptr;
  track_newest();
  return set_fields(made, kind, queue, item, priority);
}

}  // namespace

PyObject* raise_shut_down(QueueObject* queue, bool putting) {
  PyErr_Format(cached().queue_shut_down,
               putting ? "%s.put(): the queue was shut down; it takes no more items."
                       : "%s.get(): the queue was shut down and is empty; use 'async for' to end a "
                         "loop without an exception.",
               short_name(as_object(queue)));
  return nullptr;
}

PyObject* QueueOperation::create(Kind kind, QueueObject* queue, PyObject* item, double priority) {
  QueueOperation* made = untracked ? nullptr : QueueOperationType::make_quietly();
  return made ? set_fields(made, kind, queue, item, priority)
              : create_slowly(kind, queue, item, priority);
}

bool add_queue_operation(PyObject* module) { return QueueOperationType::add_to(module); }

}  // namespace mtaio::python
