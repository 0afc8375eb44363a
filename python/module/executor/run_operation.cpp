#include "module/executor/run_operation.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/running_loop.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "module/errors/execution_error.hpp"
#include "module/errors/timeout_error.hpp"

#include <cmath>
#include <utility>

namespace mtaio::python {
namespace {

/// `where` is the CancelledError that shows where the time was spent, or null.
void raise_timeout(double timeout, PyObject* where) {
  Reference error = make_timeout_error("run", "timeout", timeout, where);
  if (error) RaisedError::raise(error.release());
}

/// Calls a method of the task that returns the number of its cancellation requests. -1 with an
/// exception set.
long count_requests(PyObject* task, PyObject* method) {
  const Reference count = Reference::take(PyObject_CallMethodNoArgs(task, method));
  return count ? PyLong_AsLong(count.get()) : -1;
}

/// The loop's call when the time has run out.
PyObject* time_out(PyObject* object, PyObject*) {
  auto* self = static_cast<RunOperation*>(object);
  if (self->state != OperationState::kStarted) Py_RETURN_NONE;
  self->timed_out = self->asked_task = true;
  const Reference task = Reference::to(self->task);
  return PyObject_CallMethodNoArgs(task.get(), cached().name_cancel);
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

/// Notes the task that waits, and how many requests to stop it has. False with an exception set.
bool note_task(RunOperation* self) {
  self->task = PyObject_CallNoArgs(cached().current_task);
  if (!self->task) return false;
  if (self->task == Py_None) {
    PyErr_SetString(PyExc_RuntimeError, "TaskExecutor.run(timeout=...): called outside a task.");
    return false;
  }
  self->cancelling = count_requests(self->task, cached().name_cancelling);
  return self->cancelling >= 0;
}

bool start_timer(RunOperation* self) {
  PyObject* loop = running_loop();
  if (!loop) {
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return false;
  }
  if (!note_task(self)) return false;
  self->timer = arm_timer(loop, self->timeout, time_out_method, self);
  return self->timer != nullptr;
}

void drop_unstarted(RunOperation* self) noexcept {
  self->state = OperationState::kEnded;
  const Reference awaitable = Reference::take(std::exchange(self->awaitable, nullptr));
  if (awaitable) close_unstarted(awaitable.get());
}

void end(RunOperation* self) noexcept {
  self->state = OperationState::kEnded;
  disarm_timer(std::exchange(self->timer, nullptr));
  Py_CLEAR(self->child);
}

/// After the time has run out: withdraws the timer's request to stop, and returns whether there was
/// no other request. An exception that is set stays.
bool only_timed_out(RunOperation* self) noexcept {
  const PreservedError preserved;
  const CachedObjects& names = cached();
  const long left =
      count_requests(self->task, self->asked_task ? names.name_uncancel : names.name_cancelling);
  if (left < 0) PyErr_WriteUnraisable(self->task);
  return left <= self->cancelling;
}

/// The child has ended. The operation ends with the same result, or with an error because of the
/// child's.
PySendResult finish(RunOperation* self, PySendResult outcome) {
  end(self);
  const bool expired = self->timed_out && only_timed_out(self);
  Py_CLEAR(self->task);
  if (outcome == PYGEN_RETURN) return outcome;
  if (expired && PyErr_ExceptionMatches(cached().cancelled_error)) {
    const RaisedError where = RaisedError::fetch();
    raise_timeout(self->timeout, where.get());
  } else if (PyErr_ExceptionMatches(PyExc_Exception)) {
    const RaisedError cause = RaisedError::fetch();
    raise_execution_error("task", cause.get());
  }
  return PYGEN_ERROR;
}

/// Cancels a future or a task unless it is done. False with an exception set.
bool stop_future(RunOperation* self) {
  const Reference done = Reference::take(PyObject_CallMethod(self->awaitable, "done", nullptr));
  const int is_done = done ? PyObject_IsTrue(done.get()) : -1;
  if (is_done != 0) return is_done > 0;
  if (!note_task(self)) return false;
  self->timed_out = true;
  const Reference asked =
      Reference::take(PyObject_CallMethodNoArgs(self->awaitable, cached().name_cancel));
  return static_cast<bool>(asked);
}

/// The time limit is zero or less. False, with an exception set, if there is no need to wait.
bool begin_too_late(RunOperation* self) {
  if (is_future(self->awaitable)) return stop_future(self);
  raise_timeout(self->timeout, nullptr);
  return false;
}

/// False with an exception set; then it has ended.
bool begin(RunOperation* self) {
  const bool begun =
      self->timeout <= 0 ? begin_too_late(self) : std::isinf(self->timeout) || start_timer(self);
  if (!begun) {
    drop_unstarted(self);
    return false;
  }
  self->state = OperationState::kStarted;
  const Reference awaitable = Reference::take(std::exchange(self->awaitable, nullptr));
  self->child = iterator_of(awaitable.get());
  return self->child || finish(self, PYGEN_ERROR) != PYGEN_ERROR;
}

struct RunOperationType : OperationType<RunOperationType, RunOperation> {
  static constexpr const char* kName = "mtaio._core.RunOperation";
  static constexpr const char* kDoc =
      "A coroutine to be run; nothing happens before it is awaited.";

  static const char* owner(const RunOperation*) noexcept { return "TaskExecutor"; }
  static const char* name(const RunOperation*) noexcept { return "run"; }
  static PyObject* repr(RunOperation* self) {
    switch (self->state) {
      case OperationState::kNew:
        return repr_with("<TaskExecutor.run(%R) not awaited yet>", self->awaitable);
      case OperationState::kStarted:
        return repr_with("<TaskExecutor.run() running %R>", self->child);
      case OperationState::kEnded:
        break;
    }
    return PyUnicode_FromString("<TaskExecutor.run() done>");
  }

  /// `shown` may be null.
  static PyObject* repr_with(const char* format, PyObject* shown) {
    const Reference keep = Reference::to(shown ? shown : Py_None);
    PyObject* text = PyUnicode_FromFormat(format, keep.get());
    if (text || !PyErr_ExceptionMatches(PyExc_RecursionError)) return text;
    // A loop in debug mode shows its tasks, and the error would end the loop.
    PyErr_Clear();
    return PyUnicode_FromString("<TaskExecutor.run() of ...>");
  }

  static PySendResult resume(RunOperation* self, PyObject* error, PyObject** result) {
    if (self->state == OperationState::kEnded) return refuse_reuse(self);
    if (self->state == OperationState::kNew) {
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
  static void leave(RunOperation* self) noexcept { drop_unstarted(self); }

  static int traverse(RunOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->awaitable);
    Py_VISIT(self->child);
    Py_VISIT(self->timer);
    Py_VISIT(self->task);
    return 0;
  }
  static void clear(RunOperation* self) {
    drop_unstarted(self);
    end(self);
    Py_CLEAR(self->task);
  }
};

}  // namespace

PyObject* RunOperation::create(PyObject* awaitable, double timeout) {
  RunOperation* made = RunOperationType::create([&](RunOperation& self) {
    self.awaitable = Py_NewRef(awaitable);
    self.timeout = timeout;
  });
  if (!made) close_unstarted(awaitable);
  return made;
}

bool add_run_operation(PyObject* module) { return RunOperationType::add_to(module); }

}  // namespace mtaio::python
