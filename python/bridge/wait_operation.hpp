/// The Python type of an operation that waits in a list of the core.
#pragma once

#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/wait_handle.hpp>

#include "bridge/operation_type.hpp"

#include <new>

namespace mtaio::python {

/// The type of operations that have a `wait`, null unless they wait. `Derived` states, besides what
/// OperationType asks for:
///
///     static PySendResult begin(Op* self, PyObject** result);   // ends, or calls begin_wait()
///     static WaitHandle* new_wait(Op* self, EventLoop& loop);   // null with an exception set
///     static bool comes_soon(const Op* self) noexcept;          // see below; if not given: no
///     static bool is_over(const Op* self) noexcept;             // if not given: it has arrived
///     static PySendResult finish(Op* self, PyObject** result);  // once it is over
///     static void leave(Op* self) noexcept;                     // has ended: drops the wait
///
/// If the operation that will wake this one is about to run, the wait `comes_soon`. Then the task
/// skips one turn of the loop, as `asyncio.sleep(0)` does it. That takes half the time of a
/// callback, and both tasks run in the same turn. If the wait is not over by then, it gets a future
/// like any other.
template <class Derived, class Op>
class WaitOperationType : public OperationType<Derived, Op> {
  using Base = OperationType<Derived, Op>;

 public:
  static PySendResult resume(Op* self, PyObject* error, PyObject** result) {
    if (error) {
      Derived::leave(self);
      return raise_from_operation(Py_NewRef(error));
    }
    switch (self->state) {
      case OperationState::kNew:
        return Derived::begin(self, result);
      case OperationState::kStarted:
        if (Derived::is_over(self)) return Derived::finish(self, result);
        return self->wait->future() ? Base::refuse_to_hurry(self) : suspend(self, result);
      case OperationState::kEnded:
        break;
    }
    return Base::refuse_reuse(self);
  }
  static bool comes_soon(const Op* /*self*/) noexcept { return false; }
  static bool is_over(const Op* self) noexcept { return self->wait->arrived(); }

 protected:
  friend Base;
  static constexpr const char* kStartedText = "waiting";

  static PySendResult begin_wait(Op* self, PyObject** result) {
    EventLoop* loop = EventLoop::of_running();
    if (!loop) return fail(self);
    self->wait = make_wait(self, *loop);
    const bool waits = self->wait && self->wait->start(*loop);
    loop->release();
    if (!self->wait) return fail(self);
    if (!waits) return Derived::finish(self, result);
    self->state = OperationState::kStarted;
    if (!EventLoop::flush()) return fail(self);
    if (Derived::is_over(self)) return Derived::finish(self, result);
    if (!Derived::comes_soon(self)) return suspend(self, result);
    *result = Py_NewRef(Py_None);
    return PYGEN_NEXT;
  }

  // How it ends; `give` takes over the value.

  static PySendResult fail(Op* self) noexcept {
    Derived::leave(self);
    return PYGEN_ERROR;
  }
  static PySendResult give(Op* self, PyObject* value, PyObject** result) noexcept {
    Derived::leave(self);
    *result = value;
    return PYGEN_RETURN;
  }
  static PySendResult give_none(Op* self, PyObject** result) noexcept {
    return give(self, Py_NewRef(Py_None), result);
  }

 private:
  static PySendResult suspend(Op* self, PyObject** result) {
    OperationFuture* future = self->wait->suspend(self);
    if (!future) return fail(self);
    // Making the future may have run any code, in which the wait has ended.
    return Derived::is_over(self) ? Derived::finish(self, result) : wait_for(future, result);
  }
  static WaitHandle* make_wait(Op* self, EventLoop& loop) noexcept {
    try {
      return Derived::new_wait(self, loop);
    } catch (const std::bad_alloc&) {
      PyErr_NoMemory();
      return nullptr;
    }
  }
};

}  // namespace mtaio::python
