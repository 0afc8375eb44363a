#include "module/latch/latch_operation.hpp"

#include <mtaio/python/wait_of.hpp>

#include "module/awaiting/loop_timer.hpp"

#include <cmath>
#include <utility>

namespace mtaio::python {
namespace {

/// The waiters of a latch, until it is open.
struct LatchList {
  Latch* latch;
  bool enlist(lowlevel::Waiter& waiter) noexcept { return latch->enlist(waiter); }
  void forget(lowlevel::Waiter& waiter) noexcept { latch->forget(waiter); }
  void undo(lowlevel::Waiter& /*waiter*/) noexcept {}
};
using LatchWait = WaitOf<lowlevel::Waiter, LatchList>;

/// The loop's call when the time has run out.
PyObject* time_out(PyObject* object, PyObject*) {
  auto* self = static_cast<LatchOperation*>(object);
  if (self->state == OperationState::kStarted && self->wait->claim_back()) {
    self->timed_out = true;
    OperationFuture* future = self->wait->future();
    if (future && !future->complete()) return nullptr;
  }
  Py_RETURN_NONE;
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

bool start_timer(LatchOperation* self, EventLoop& event_loop) {
  const Reference loop = event_loop.loop();
  if (!loop) return false;
  self->timer = arm_timer(loop.get(), self->timeout, time_out_method, self);
  return self->timer != nullptr;
}

struct LatchOperationType : WaitOperationType<LatchOperationType, LatchOperation> {
  static constexpr const char* kName = "mtaio._core.LatchOperation";
  static constexpr const char* kDoc = "An operation on a latch; to be awaited once.";

  static const char* owner(const LatchOperation*) noexcept { return "Latch"; }
  static const char* name(const LatchOperation* self) noexcept {
    return self->counted_down ? "count_down" : "wait";
  }
  /// The result of count_down() need not be awaited: the count is down already.
  static bool is_new(const LatchOperation* self) noexcept {
    return !self->counted_down && WaitOperationType::is_new(self);
  }
  static PyObject* repr(LatchOperation* self) {
    return PyUnicode_FromFormat("<Latch.%s(), %s, of %R>", name(self), state_text(self),
                                reinterpret_cast<PyObject*>(self->latch));
  }

  static PySendResult begin(LatchOperation* self, PyObject** result) {
    if (self->counted_down) return give_none(self, result);
    const bool open = self->latch->latch->is_open();
    if (open || self->timeout <= 0) return give(self, PyBool_FromLong(open ? 1 : 0), result);
    return begin_wait(self, result);
  }
  static WaitHandle* new_wait(LatchOperation* self, EventLoop& loop) {
    const bool armed = std::isinf(self->timeout) || start_timer(self, loop);
    return armed ? new LatchWait{LatchList{self->latch->latch}} : nullptr;
  }
  static bool is_over(const LatchOperation* self) noexcept {
    return self->timed_out || WaitOperationType::is_over(self);
  }
  static PySendResult finish(LatchOperation* self, PyObject** result) {
    return give(self, PyBool_FromLong(self->timed_out ? 0 : 1), result);
  }
  static void leave(LatchOperation* self) noexcept {
    self->state = OperationState::kEnded;
    PyObject* timer = std::exchange(self->timer, nullptr);
    if (WaitHandle* wait = std::exchange(self->wait, nullptr)) wait->abandon();
    disarm_timer(timer);
  }

  static int traverse(LatchOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->latch);
    Py_VISIT(self->timer);
    return self->wait ? self->wait->traverse(visit, arg) : 0;
  }
  static void clear(LatchOperation* self) {
    Py_CLEAR(self->timer);
    leave(self);
  }
  static void drop(LatchOperation* self) {
    leave(self);
    Py_CLEAR(self->latch);
  }
};

}  // namespace

PyObject* LatchOperation::create_wait(LatchObject* latch, double timeout) {
  return LatchOperationType::create([&](LatchOperation& self) {
    Py_INCREF(latch);
    self.latch = latch;
    self.timeout = timeout;
  });
}

PyObject* LatchOperation::create_count_down(LatchObject* latch) {
  return LatchOperationType::create([&](LatchOperation& self) {
    Py_INCREF(latch);
    self.latch = latch;
    self.counted_down = true;
  });
}

bool add_latch_operation(PyObject* module) { return LatchOperationType::add_to(module); }

}  // namespace mtaio::python
