#include "module/latch/latch_operation.hpp"

#include "module/awaiting/loop_timer.hpp"
#include "module/module_state.hpp"

#include <cmath>
#include <utility>

namespace mtaio::python {
namespace {

using Op = LatchOperation;

/// In the list of a latch, until it is open.
class LatchWait final : public lowlevel::Waiter, public Wait {
 public:
  explicit LatchWait(Latch& latch) noexcept : lowlevel::Waiter{&LatchWait::run}, latch_{latch} {}

 private:
  static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
    static_cast<LatchWait&>(job).arrive();
    return std::noop_coroutine();
  }
  bool enlist(lowlevel::Scheduler& where) noexcept override {
    prepare(where);
    return latch_.enlist(*this);
  }
  bool claim() noexcept override { return lowlevel::Waiter::claim(); }
  void forget() noexcept override { latch_.forget(*this); }
  void undo() noexcept override {}
  void destroy() noexcept override { delete this; }

  Latch& latch_;
};

/// The loop's call when the time is over.
PyObject* time_out(PyObject* object, PyObject*) {
  Op* self = reinterpret_cast<Op*>(object);
  if (self->state == WaitState::kWaiting && self->wait->claim_back()) {
    self->timed_out = true;
    Pending* pending = self->wait->pending();
    if (pending && !pending->complete()) return nullptr;
  }
  Py_RETURN_NONE;
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

bool start_timer(Op* self, EventLoop& loop) {
  const Reference of = loop.loop();
  if (!of) return false;
  self->timer = arm(of.get(), self->timeout, time_out_method, reinterpret_cast<PyObject*>(self));
  return self->timer != nullptr;
}

struct Type : WaitOperationType<Type, Op> {
  static constexpr const char* kName = "mtaio._core.LatchOperation";
  static constexpr const char* kDoc = "An operation on a latch; to be awaited once.";

  static const char* owner(const Op*) noexcept { return "Latch"; }
  static const char* name(const Op* self) noexcept {
    return self->counted_down ? "count_down" : "wait";
  }
  /// What count_down() gives may be ignored: that has been done.
  static bool is_new(const Op* self) noexcept {
    return !self->counted_down && WaitOperationType::is_new(self);
  }
  static PyObject* repr(Op* self) {
    return PyUnicode_FromFormat("<Latch.%s(), %s, of %R>", name(self), to_text(self->state),
                                reinterpret_cast<PyObject*>(self->latch));
  }

  static PySendResult begin(Op* self, PyObject** result) {
    if (self->counted_down) return give_none(self, result);
    const bool open = self->latch->latch->is_open();
    if (open || self->timeout <= 0) return give(self, PyBool_FromLong(open ? 1 : 0), result);
    return begin_wait(self, result);
  }
  static Wait* new_wait(Op* self, EventLoop& loop) {
    const bool armed = std::isinf(self->timeout) || start_timer(self, loop);
    return armed ? new LatchWait{*self->latch->latch} : nullptr;
  }
  static bool is_over(const Op* self) noexcept {
    return self->timed_out || WaitOperationType::is_over(self);
  }
  static PySendResult finish(Op* self, PyObject** result) {
    return give(self, PyBool_FromLong(self->timed_out ? 0 : 1), result);
  }
  static void leave(Op* self) noexcept {
    self->state = WaitState::kEnded;
    PyObject* timer = std::exchange(self->timer, nullptr);
    if (Wait* wait = std::exchange(self->wait, nullptr)) wait->abandon();
    disarm(timer);
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
  made->timed_out = false;
  made->state = WaitState::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

bool add_latch_operation(PyObject* module) { return Type::add_to(module); }

}  // namespace mtaio::python
