/// The Python type of an operation that waits for something of the core.
#pragma once

#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/wait.hpp>

#include "bridge/operation_type.hpp"

#include <cstdint>
#include <new>

namespace mtaio::python {

enum class WaitState : std::uint8_t { kNew, kWaiting, kEnded };

[[nodiscard]] inline const char* to_text(WaitState state) noexcept {
  return state == WaitState::kNew       ? "not awaited yet"
         : state == WaitState::kWaiting ? "waiting"
                                        : "done";
}

/// Of operations that have a `wait`, null unless they wait, and a `state`. `Derived` states,
/// besides what OperationType asks for:
///
///     static PySendResult begin(Op* self, PyObject** result);   // ends, or calls begin_wait()
///     static Wait* new_wait(Op* self, EventLoop& loop);         // null with an exception set
///     static bool comes_soon(const Op* self) noexcept;          // see below; if not given: no
///     static bool is_over(const Op* self) noexcept;             // if not given: it has come
///     static PySendResult finish(Op* self, PyObject** result);  // once it is over
///     static void leave(Op* self) noexcept;                     // has ended: drops the wait
///
/// What `comes_soon`, because whoever brings it is about to run, is waited for with a turn of the
/// loop, as `asyncio.sleep(0)` does it. That takes half of what it takes to be called back, and the
/// two then run in the same turn. If it has not come by then, it is waited for in earnest.
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
      case WaitState::kNew:
        return Derived::begin(self, result);
      case WaitState::kWaiting:
        if (Derived::is_over(self)) return Derived::finish(self, result);
        return self->wait->pending() ? Base::refuse_to_hurry(self) : suspend(self, result);
      case WaitState::kEnded:
        break;
    }
    return Base::refuse_reuse(self);
  }
  static bool idle(Op* self) noexcept {
    if (self->state == WaitState::kWaiting) return false;
    Derived::leave(self);
    return true;
  }
  static bool comes_soon(const Op* /*self*/) noexcept { return false; }
  static bool is_over(const Op* self) noexcept { return self->wait->arrived(); }

 protected:
  static PySendResult begin_wait(Op* self, PyObject** result) {
    EventLoop* loop = EventLoop::of_running();
    if (!loop) return fail(self);
    self->wait = make_wait(self, *loop);
    const bool waits = self->wait && self->wait->start(*loop);
    loop->release();
    if (!self->wait) return fail(self);
    if (!waits) return Derived::finish(self, result);
    self->state = WaitState::kWaiting;
    if (!EventLoop::deliver()) return fail(self);
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
    Pending* pending = self->wait->suspend(reinterpret_cast<PyObject*>(self));
    if (!pending) return fail(self);
    // Making it may have run any code, in which what it waits for has come.
    return Derived::is_over(self) ? Derived::finish(self, result) : wait_for(pending, result);
  }
  static Wait* make_wait(Op* self, EventLoop& loop) noexcept {
    try {
      return Derived::new_wait(self, loop);
    } catch (const std::bad_alloc&) {
      PyErr_NoMemory();
      return nullptr;
    }
  }
};

}  // namespace mtaio::python
