#include "_core/latch_operation.hpp"

#include "_core/module_state.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/runtime_state.hpp"

#include <cmath>
#include <utility>

namespace mtaio::python {
namespace {

using Op = LatchOperation;
using State = Op::State;

/// In the list of a latch, until it is open.
class LatchWait final : public lowlevel::Waiter, public Wait {
 public:
  explicit LatchWait(Latch& latch) noexcept : lowlevel::Waiter{&LatchWait::run}, latch_{latch} {}

 private:
  static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
    static_cast<LatchWait&>(job).arrive();
    return std::noop_coroutine();
  }
  bool enlist(EventLoop& loop) noexcept override {
    prepare(loop);
    return latch_.enlist(*this);
  }
  bool claim() noexcept override { return lowlevel::Waiter::claim(); }
  void forget() noexcept override { latch_.forget(*this); }
  void undo() noexcept override {}
  void destroy() noexcept override { delete this; }

  Latch& latch_;
};

void leave(Op* self) noexcept {
  self->state = State::kEnded;
  if (PyObject* timer = std::exchange(self->timer, nullptr)) {
    RaisedError before = RaisedError::fetch();
    // Not of interest: that it was the garbage collector's already.
    PyObject* cancelled = PyObject_CallMethodNoArgs(timer, state().name_cancel);
    if (!cancelled) PyErr_Clear();
    Py_XDECREF(cancelled);
    Py_DECREF(timer);
    if (before) std::move(before).restore();
  }
  if (Wait* wait = std::exchange(self->wait, nullptr)) wait->abandon();
}

PySendResult fail(Op* self) noexcept {
  leave(self);
  return PYGEN_ERROR;
}

PySendResult give(Op* self, PyObject* value, PyObject** result) noexcept {
  leave(self);
  Py_INCREF(value);
  *result = value;
  return PYGEN_RETURN;
}

/// The loop's call when the time is over.
PyObject* time_out(PyObject* object, PyObject*) {
  Op* self = reinterpret_cast<Op*>(object);
  if (self->state == State::kWaiting && self->wait->claim_back()) {
    self->state = State::kTimedOut;
    if (!self->wait->pending()->complete()) return nullptr;
  }
  Py_RETURN_NONE;
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

bool arm(Op* self, EventLoop& loop) {
  const Reference of = loop.loop();
  const Reference callback =
      Reference::take(PyCFunction_New(&time_out_method, reinterpret_cast<PyObject*>(self)));
  const Reference seconds = Reference::take(PyFloat_FromDouble(self->timeout));
  if (!of || !callback || !seconds) return false;
  self->timer = PyObject_CallMethodObjArgs(of.get(), state().name_call_later, seconds.get(),
                                           callback.get(), nullptr);
  return self->timer != nullptr;
}

PySendResult begin(Op* self, PyObject** result) {
  if (self->counted_down) return give(self, Py_None, result);
  const bool open = self->latch->latch->is_open();
  if (open) return give(self, Py_True, result);
  if (self->timeout <= 0) return give(self, Py_False, result);
  EventLoop* loop = EventLoop::of_running();
  if (!loop) return fail(self);
  const bool armed = std::isinf(self->timeout) || arm(self, *loop);
  if (!armed) {
    loop->release();
    return fail(self);
  }
  self->wait = new LatchWait{*self->latch->latch};
  const Wait::Start start = self->wait->start(*loop, reinterpret_cast<PyObject*>(self));
  loop->release();
  if (start == Wait::Start::kError) return fail(self);
  if (start == Wait::Start::kServed) return give(self, Py_True, result);
  self->state = State::kWaiting;
  return wait_for(self->wait->pending(), result);
}

struct Type : OperationType<Type, Op> {
  static constexpr const char* kName = "mtaio._core.LatchOperation";
  static constexpr const char* kDoc = "An operation on a latch; to be awaited once.";

  static const char* owner(const Op*) noexcept { return "Latch"; }
  static const char* name(const Op* self) noexcept {
    return self->counted_down ? "count_down" : "wait";
  }
  static PyObject* repr(Op* self) {
    const char* state = self->state == State::kNew     ? "not awaited yet"
                        : self->state == State::kEnded ? "done"
                                                       : "waiting";
    return PyUnicode_FromFormat("<Latch.%s(), %s, of %R>", name(self), state,
                                reinterpret_cast<PyObject*>(self->latch));
  }

  static PySendResult resume(Op* self, PyObject* error, PyObject** result) {
    if (error) {
      leave(self);
      return raise_from_operation(Py_NewRef(error));
    }
    switch (self->state) {
      case State::kNew:
        return begin(self, result);
      case State::kTimedOut:
        return give(self, Py_False, result);
      case State::kWaiting:
        return self->wait->arrived() ? give(self, Py_True, result) : refuse_to_hurry(self);
      case State::kEnded:
        break;
    }
    PyErr_SetString(PyExc_RuntimeError, "cannot reuse an already awaited operation of a Latch");
    return PYGEN_ERROR;
  }
  static bool idle(Op* self) noexcept {
    if (self->state == State::kWaiting || self->state == State::kTimedOut) return false;
    leave(self);
    return true;
  }

  static int traverse(Op* self, visitproc visit, void* arg) {
    Py_VISIT(self->latch);
    Py_VISIT(self->timer);
    return self->wait ? self->wait->traverse(visit, arg) : 0;
  }
  static void clear(Op* self) {
    Py_CLEAR(self->timer);
    leave(self);
  }
  static void release(Op* self) {
    leave(self);
    Py_CLEAR(self->latch);
  }
};

}  // namespace

PyObject* LatchOperation::create(LatchObject* latch, double timeout, bool counted_down) {
  Op* made = Type::make();
  if (!made) return nullptr;
  Py_INCREF(latch);
  made->latch = latch;
  made->wait = nullptr;
  made->timer = nullptr;
  made->timeout = timeout;
  made->counted_down = counted_down;
  made->state = State::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

bool add_latch_operation(PyObject* module) { return Type::add_to(module); }

}  // namespace mtaio::python
