/// The Python type of an operation that waits for a call outside the event loop.
#pragma once

#include <mtaio/python/event_loop.hpp>

#include "bridge/operation_type.hpp"

#include <cstdint>
#include <utility>

namespace mtaio::python {

enum class CallState : std::uint8_t { kNew, kRunning, kEnded };

[[nodiscard]] inline const char* to_text(CallState state) noexcept {
  return state == CallState::kNew       ? "not awaited yet"
         : state == CallState::kRunning ? "running"
                                        : "done";
}

/// Of operations that have a `call`, an OutsideCall with `abandon()`; a `state`; and in `stop` what
/// was thrown in while the call ran, which is raised when it has come back. `Derived` states,
/// besides what OperationType asks for:
///
///     static bool start(Op* self, EventLoop& loop);     // the call; false with an exception set
///     static bool request_stop(Op* self);               // false if it need not be waited for
///     static PyObject* take(Op* self);                  // what came out; null with it raised
template <class Derived, class Op>
class CallOperationType : public OperationType<Derived, Op> {
  using Base = OperationType<Derived, Op>;

 public:
  static PySendResult resume(Op* self, PyObject* error, PyObject** result) {
    if (self->state == CallState::kEnded) return Base::refuse_reuse(self);
    if (error) return thrown_in(self, error, result);
    if (self->state == CallState::kNew) return begin(self, result);
    return self->call->done() ? finish(self, result) : Base::refuse_to_hurry(self);
  }
  static bool idle(Op* self) noexcept {
    if (self->state == CallState::kRunning) return false;
    Derived::leave(self);
    return true;
  }
  static void clear(Op* self) {
    Derived::leave(self);
    Py_CLEAR(self->stop);
  }

 protected:
  static void leave(Op* self) noexcept {
    self->state = CallState::kEnded;
    if (auto* call = std::exchange(self->call, nullptr)) call->abandon();
  }

 private:
  static PySendResult fail(Op* self) noexcept {
    Derived::leave(self);
    return PYGEN_ERROR;
  }
  static PySendResult fail_with(Op* self, PyObject* error) noexcept {
    Derived::leave(self);
    return raise_from_operation(error);
  }

  static PySendResult begin(Op* self, PyObject** result) {
    EventLoop* loop = EventLoop::of_running();
    if (!loop) return fail(self);
    const bool started = Derived::start(self, *loop);
    loop->release();
    if (!started) return fail(self);
    self->state = CallState::kRunning;
    return wait_for(self->call->pending(), result);
  }
  static PySendResult thrown_in(Op* self, PyObject* error, PyObject** result) {
    const bool waits = self->state == CallState::kRunning && !self->call->done() &&
                       !PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) &&
                       Derived::request_stop(self);
    if (!waits) return fail_with(self, Py_NewRef(error));
    if (!self->stop) self->stop = Py_NewRef(error);
    if (!self->call->wait(reinterpret_cast<PyObject*>(self))) return fail(self);
    return self->call->done() ? finish(self, result) : wait_for(self->call->pending(), result);
  }
  static PySendResult finish(Op* self, PyObject** result) {
    if (self->stop) return fail_with(self, std::exchange(self->stop, nullptr));
    *result = Derived::take(self);
    RaisedError raised = RaisedError::fetch();
    Derived::leave(self);
    if (*result) return PYGEN_RETURN;
    std::move(raised).restore();
    return PYGEN_ERROR;
  }
};

}  // namespace mtaio::python
