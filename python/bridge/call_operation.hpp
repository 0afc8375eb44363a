/// The Python type of an operation that waits for a call outside the event loop.
#pragma once

#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/raised_error.hpp>

#include "bridge/operation_type.hpp"

#include <utility>

namespace mtaio::python {

/// The type of operations that have a `call`, an ExternalCall with `abandon()`; and in `stop` what
/// was thrown in while the call ran, which is raised when the call has come back. `Derived` states,
/// besides what OperationType asks for:
///
///     static bool start(Op* self, EventLoop& loop);     // the call; false with an exception set
///     static bool request_stop(Op* self);               // false if it need not be waited for
///     static PyObject* take(Op* self);                  // the result; null with an exception set
template <class Derived, class Op>
class CallOperationType : public OperationType<Derived, Op> {
  using Base = OperationType<Derived, Op>;

 public:
  static PySendResult resume(Op* self, PyObject* error, PyObject** result) {
    if (self->state == OperationState::kEnded) return Base::refuse_reuse(self);
    if (error) return throw_in(self, error, result);
    if (self->state == OperationState::kNew) return begin(self, result);
    return self->call->done() ? finish(self, result) : Base::refuse_to_hurry(self);
  }
  static void leave(Op* self) noexcept {
    self->state = OperationState::kEnded;
    if (auto* call = std::exchange(self->call, nullptr)) call->abandon();
  }
  static void clear(Op* self) {
    Derived::leave(self);
    Py_CLEAR(self->stop);
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
    self->state = OperationState::kStarted;
    return wait_for(self->call->future(), result);
  }
  static PySendResult throw_in(Op* self, PyObject* error, PyObject** result) {
    const bool waits = self->state == OperationState::kStarted && !self->call->done() &&
                       !PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) &&
                       Derived::request_stop(self);
    if (!waits) return fail_with(self, Py_NewRef(error));
    if (!self->stop) self->stop = Py_NewRef(error);
    if (!self->call->wait(self)) return fail(self);
    return self->call->done() ? finish(self, result) : wait_for(self->call->future(), result);
  }
  static PySendResult finish(Op* self, PyObject** result) {
    if (self->stop) return fail_with(self, std::exchange(self->stop, nullptr));
    *result = Derived::take(self);
    const PreservedError raised_by_take;
    Derived::leave(self);
    return *result ? PYGEN_RETURN : PYGEN_ERROR;
  }
};

}  // namespace mtaio::python
