#include "module/executor/run_operation.hpp"

#include "module/awaiting/awaiting.hpp"
#include "module/errors/execution_error.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "module/errors/timeout_error.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/running_loop.hpp"
#include "bridge/runtime_state.hpp"

#include <cmath>
#include <utility>

namespace mtaio::python {
namespace {

using State = RunOperation::State;

/// `where` is the CancelledError that shows what the time was spent with, or null.
void raise_timeout(double timeout, PyObject* where) {
  Reference error = make_timeout_error("run", "timeout", timeout, where);
  if (error) RaisedError::raise(error.release());
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
  self->timed_out = self->asked_task = true;
  const Reference task = Reference::to(self->task);
  return PyObject_CallMethodNoArgs(task.get(), python::state().name_cancel);
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

/// Notes who waits, and how often it has been asked to stop. False with an exception set.
bool note_task(RunOperation* self) {
  self->task = PyObject_CallNoArgs(python::state().current_task);
  if (!self->task) return false;
  if (self->task == Py_None) {
    PyErr_SetString(PyExc_RuntimeError, "TaskExecutor.run(timeout=...): called outside a task.");
    return false;
  }
  self->cancelling = ask_task(self->task, python::state().name_cancelling);
  return self->cancelling >= 0;
}

bool start_timer(RunOperation* self) {
  PyObject* loop = running_loop();
  if (!loop) {
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return false;
  }
  if (!note_task(self)) return false;
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

/// After the time was over: whether nothing else has asked the task to stop. The request of the
/// timer has been obeyed, or is not needed any more. An exception that is set stays.
bool only_timed_out(RunOperation* self) noexcept {
  RaisedError before = RaisedError::fetch();
  const auto& names = python::state();
  const long left =
      ask_task(self->task, self->asked_task ? names.name_uncancel : names.name_cancelling);
  if (left < 0) PyErr_WriteUnraisable(self->task);
  if (before) std::move(before).restore();
  return left <= self->cancelling;
}

/// What its child has ended with becomes what it ends with itself.
PySendResult finish(RunOperation* self, PySendResult outcome) {
  leave(self);
  const bool expired = self->timed_out && only_timed_out(self);
  Py_CLEAR(self->task);
  if (outcome == PYGEN_RETURN) return outcome;
  if (expired && PyErr_ExceptionMatches(python::state().cancelled_error)) {
    const RaisedError where = RaisedError::fetch();
    raise_timeout(self->timeout, where.get());
  } else if (PyErr_ExceptionMatches(PyExc_Exception)) {
    const RaisedError cause = RaisedError::fetch();
    raise_execution_error("task", cause.get());
  }
  return PYGEN_ERROR;
}

/// Asks a future or a task to stop that is not done. False with an exception set.
bool stop_future(RunOperation* self) {
  const Reference done = Reference::take(PyObject_CallMethod(self->awaitable, "done", nullptr));
  const int is_done = done ? PyObject_IsTrue(done.get()) : -1;
  if (is_done != 0) return is_done > 0;
  if (!note_task(self)) return false;
  self->timed_out = true;
  const Reference asked =
      Reference::take(PyObject_CallMethodNoArgs(self->awaitable, python::state().name_cancel));
  return static_cast<bool>(asked);
}

/// The time was over before it began. False: nothing is to be waited for, and an exception is set.
bool begin_too_late(RunOperation* self) {
  if (is_future(self->awaitable)) return stop_future(self);
  raise_timeout(self->timeout, nullptr);
  return false;
}

/// False: it has ended, with an exception set.
bool begin(RunOperation* self) {
  const bool begun =
      self->timeout <= 0 ? begin_too_late(self) : std::isinf(self->timeout) || start_timer(self);
  if (!begun) {
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
        return repr_with("<TaskExecutor.run(%R) not awaited yet>", self->awaitable);
      case State::kRunning:
        return repr_with("<TaskExecutor.run() running %R>", self->child);
      case State::kEnded:
        break;
    }
    return PyUnicode_FromString("<TaskExecutor.run() done>");
  }

  /// `shown`, which is kept meanwhile, may be null.
  static PyObject* repr_with(const char* format, PyObject* shown) {
    const Reference keep = Reference::to(shown ? shown : Py_None);
    PyObject* text = PyUnicode_FromFormat(format, keep.get());
    if (text || !PyErr_ExceptionMatches(PyExc_RecursionError)) return text;
    // A loop in debug mode shows its tasks, and would end with the error.
    PyErr_Clear();
    return PyUnicode_FromString("<TaskExecutor.run() of ...>");
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
  made->timed_out = made->asked_task = false;
  made->state = State::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

bool add_run_operation(PyObject* module) { return Type::add_to(module); }

}  // namespace mtaio::python
