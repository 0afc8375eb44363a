#include "_core/run_operation.hpp"

#include "_core/awaiting.hpp"
#include "_core/execution_error.hpp"
#include "_core/loop_timer.hpp"
#include "_core/module_state.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/running_loop.hpp"
#include "bridge/runtime_state.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace mtaio::python {
namespace {

using State = RunOperation::State;

void raise_timeout(double timeout) {
  std::array<char, 100> text{};
  std::snprintf(text.data(), text.size(), "TaskExecutor.run(timeout=%g): the time ran out.",
                timeout);
  PyErr_SetString(module_state().timeout_error, text.data());
}

/// What a method of the task that counts requests says; -1 with an exception set.
long ask_task(PyObject* task, PyObject* method) {
  const Reference count = Reference::take(PyObject_CallMethodNoArgs(task, method));
  return count ? PyLong_AsLong(count.get()) : -1;
}

/// The loop's call when the time is over.
PyObject* time_out(PyObject* object, PyObject*) {
  auto* self = reinterpret_cast<RunOperation*>(object);
  if (self->state != State::kRunning) Py_RETURN_NONE;
  self->timed_out = true;
  return PyObject_CallMethodNoArgs(self->task, python::state().name_cancel);
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

bool start_timer(RunOperation* self) {
  PyObject* loop = running_loop();
  if (!loop) {
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return false;
  }
  self->task = PyObject_CallNoArgs(python::state().current_task);
  if (!self->task) return false;
  if (self->task == Py_None) {
    PyErr_SetString(PyExc_RuntimeError, "TaskExecutor.run(timeout=...): called outside a task.");
    return false;
  }
  self->cancelling = ask_task(self->task, python::state().name_cancelling);
  if (self->cancelling < 0) return false;
  self->timer = arm(loop, self->timeout, time_out_method, reinterpret_cast<PyObject*>(self));
  return self->timer != nullptr;
}

void drop_unstarted(RunOperation* self) noexcept {
  self->state = State::kEnded;
  const Reference awaitable = Reference::take(std::exchange(self->awaitable, nullptr));
  if (awaitable) close_unstarted(awaitable.get());
}

void leave(RunOperation* self) noexcept {
  self->state = State::kEnded;
  disarm(std::exchange(self->timer, nullptr));
  Py_CLEAR(self->child);
}

/// The request of the timer has been obeyed, or is not needed any more. Whether it was the only
/// one; an exception that is set stays.
bool withdraw_request(RunOperation* self) noexcept {
  RaisedError before = RaisedError::fetch();
  const long left = ask_task(self->task, python::state().name_uncancel);
  if (left < 0) PyErr_WriteUnraisable(self->task);
  if (before) std::move(before).restore();
  return left <= self->cancelling;
}

/// What its child has ended with becomes what it ends with itself.
PySendResult finish(RunOperation* self, PySendResult outcome) {
  leave(self);
  const bool expired = self->timed_out && withdraw_request(self);
  Py_CLEAR(self->task);
  if (outcome == PYGEN_RETURN) return outcome;
  if (expired && PyErr_ExceptionMatches(python::state().cancelled_error)) {
    PyErr_Clear();
    raise_timeout(self->timeout);
  } else if (PyErr_ExceptionMatches(PyExc_Exception)) {
    const RaisedError cause = RaisedError::fetch();
    raise_execution_error("task", cause.get());
  }
  return PYGEN_ERROR;
}

/// False: it has ended, with an exception set.
bool begin(RunOperation* self) {
  if (self->timeout <= 0) {
    drop_unstarted(self);
    raise_timeout(self->timeout);
    return false;
  }
  if (!std::isinf(self->timeout) && !start_timer(self)) {
    drop_unstarted(self);
    return false;
  }
  self->state = State::kRunning;
  const Reference awaitable = Reference::take(std::exchange(self->awaitable, nullptr));
  self->child = iterator_of(awaitable.get());
  return self->child || finish(self, PYGEN_ERROR) != PYGEN_ERROR;
}

struct Type : OperationType<Type, RunOperation> {
  static constexpr const char* kName = "mtaio._core.RunOperation";
  static constexpr const char* kDoc =
      "A coroutine to be run; nothing happens before it is awaited.";

  static const char* owner(const RunOperation*) noexcept { return "TaskExecutor"; }
  static const char* name(const RunOperation*) noexcept { return "run"; }
  static PyObject* repr(RunOperation* self) {
    switch (self->state) {
      case State::kNew:
        return PyUnicode_FromFormat("<TaskExecutor.run(%R) not awaited yet>", self->awaitable);
      case State::kRunning:
        return PyUnicode_FromFormat("<TaskExecutor.run() running %R>", self->child);
      case State::kEnded:
        break;
    }
    return PyUnicode_FromString("<TaskExecutor.run() done>");
  }

  static PySendResult resume(RunOperation* self, PyObject* error, PyObject** result) {
    if (self->state == State::kEnded) return refuse_reuse(self);
    if (self->state == State::kNew) {
      if (error) {
        drop_unstarted(self);
        return raise_from_operation(Py_NewRef(error));
      }
      if (!begin(self)) return PYGEN_ERROR;
    }
    const Reference child = Reference::to(self->child);
    const PySendResult outcome = step(child.get(), error, result);
    return outcome == PYGEN_NEXT ? outcome : finish(self, outcome);
  }
  static bool idle(RunOperation* self) noexcept {
    if (self->state == State::kRunning) return false;
    drop_unstarted(self);
    return true;
  }

  static int traverse(RunOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->awaitable);
    Py_VISIT(self->child);
    Py_VISIT(self->timer);
    Py_VISIT(self->task);
    return 0;
  }
  static void clear(RunOperation* self) {
    drop_unstarted(self);
    leave(self);
    Py_CLEAR(self->task);
  }
};

}  // namespace

PyObject* RunOperation::create(PyObject* awaitable, double timeout) {
  RunOperation* made = Type::make();
  if (!made) {
    close_unstarted(awaitable);
    return nullptr;
  }
  Py_INCREF(awaitable);
  made->awaitable = awaitable;
  made->child = made->timer = made->task = nullptr;
  made->cancelling = 0;
  made->timeout = timeout;
  made->timed_out = false;
  made->state = State::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

bool add_run_operation(PyObject* module) { return Type::add_to(module); }

}  // namespace mtaio::python
