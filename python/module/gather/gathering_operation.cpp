#include "module/errors/execution_error.hpp"
#include "module/gather/gathering.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "module/module_state.hpp"
#include "module/errors/timeout_error.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/running_loop.hpp"
#include "bridge/runtime_state.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace mtaio::python {
namespace {

using State = Gathering::State;

void drop_source(Gathering* self) noexcept { self->source->drop(self->started); }

/// What runs when they go may look at the operation again: it has forgotten them by then.
void drop_failures(Gathering* self) noexcept {
  const auto failures = std::exchange(*self->failures, {});
  const auto hung = std::exchange(*self->hung, {});
}

void end(Gathering* self) noexcept {
  self->state = State::kEnded;
  disarm(std::exchange(self->timer, nullptr));
  drop_source(self);
}

void forget_pending(Gathering* self) noexcept { Pending::forget(self->pending); }

/// The loop's call when the time is over.
PyObject* time_out(PyObject* object, PyObject*) {
  auto* self = reinterpret_cast<Gathering*>(object);
  if (self->state == State::kRunning) self->time_is_over();
  Py_RETURN_NONE;
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

using Failures = std::vector<Gathering::Failure>;

/// Raises the first failure that must not be wrapped. False: there is none.
bool raise_fatal(const Failures& failures) {
  const auto fatal = std::ranges::find_if(failures, [](const auto& failure) {
    return PyErr_GivenExceptionMatches(failure.error.get(), PyExc_Exception) == 0;
  });
  if (fatal == failures.end()) return false;
  RaisedError::raise(Py_NewRef(fatal->error.get()));
  return true;
}

void raise_failure(const Gathering* self, const Failures& failures) {
  const Reference all = Reference::take(PyTuple_New(static_cast<Py_ssize_t>(failures.size())));
  if (!all) return;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    PyObject* pair = Py_BuildValue("(nO)", failures[i].index, failures[i].error.get());
    if (!pair) return;
    PyTuple_SET_ITEM(all.get(), static_cast<Py_ssize_t>(i), pair);
  }
  const auto total = static_cast<Py_ssize_t>(self->source->given.size());
  const Reference what = Reference::take(
      total > 0 ? PyUnicode_FromFormat("task %zd of %zd", failures.front().index, total)
                : PyUnicode_FromFormat("task %zd", failures.front().index));
  raise_execution_error(what.get(), all.get());
}

/// Raises a TimeoutError. Its cause says where the coroutines were that the timeout has cancelled,
/// and what went wrong while they ended.
void raise_timeout(const Gathering* self, const Failures& failures,
                   const std::vector<Reference>& hung) {
  Reference cause;
  if (hung.size() + failures.size() > 1) {
    const Reference errors = Reference::take(PyList_New(0));
    bool all = static_cast<bool>(errors);
    for (const Reference& each : hung) all = all && PyList_Append(errors.get(), each.get()) == 0;
    for (const auto& each : failures) {
      all = all && PyList_Append(errors.get(), each.error.get()) == 0;
    }
    if (!all) return;
    cause = Reference::take(PyObject_CallFunction(
        PyExc_BaseExceptionGroup, "sO", "what was cancelled when the time ran out", errors.get()));
    if (!cause) return;
  } else if (!hung.empty()) {
    cause = Reference::to(hung.front().get());
  } else if (!failures.empty()) {
    cause = Reference::to(failures.front().error.get());
  }
  Reference error = make_timeout_error(self->name(), "timeout", self->timeout, cause.get());
  if (error) RaisedError::raise(error.release());
}

PySendResult finish(Gathering* self, PyObject** result) {
  if (self->state == State::kEnded) {
    PyErr_Format(PyExc_RuntimeError, "TaskExecutor.%s() was closed while it ran", self->name());
    return PYGEN_ERROR;
  }
  end(self);
  forget_pending(self);
  Reference results = Reference::take(std::exchange(self->results, nullptr));
  const Failures failures = std::exchange(*self->failures, {});
  const std::vector<Reference> hung = std::exchange(*self->hung, {});
  if (self->stop) return raise_from_operation(std::exchange(self->stop, nullptr));
  if (raise_fatal(failures)) return PYGEN_ERROR;
  if (self->timed_out && !self->return_exceptions) {
    raise_timeout(self, failures, hung);
    return PYGEN_ERROR;
  }
  if (!failures.empty()) {
    raise_failure(self, failures);
    return PYGEN_ERROR;
  }
  for (const auto& [copy, original] : self->source->copies) {
    while (PyList_GET_SIZE(results.get()) <= copy) {
      if (PyList_Append(results.get(), Py_None) < 0) return PYGEN_ERROR;
    }
    PyList_SetItem(results.get(), copy, Py_NewRef(PyList_GET_ITEM(results.get(), original)));
  }
  *result = results.release();
  return PYGEN_RETURN;
}

/// Has the caller wait, again, unless all have ended.
PySendResult wait(Gathering* self, PyObject** result) {
  // Both may run any code, in which the last crewman ends.
  forget_pending(self);
  if (self->live > 0) {
    self->pending = Pending::create(self->loop);
    if (!self->pending) return PYGEN_ERROR;
    if (self->live > 0) {
      self->pending->owner = reinterpret_cast<PyObject*>(self);
      return wait_for(self->pending, result);
    }
  }
  return finish(self, result);
}

bool has_task_factory(PyObject* loop) noexcept {
  const Reference factory =
      Reference::take(PyObject_CallMethodNoArgs(loop, python::state().name_get_task_factory));
  if (!factory) PyErr_Clear();  // a loop that does not say
  return factory.get() != Py_None;
}

/// How long a step has to take in the loop's debug mode to be slow; infinite if it is not in that
/// mode, or does not say.
double slow_step(PyObject* loop) noexcept {
  const Reference debug =
      Reference::take(PyObject_CallMethodNoArgs(loop, python::state().name_get_debug));
  double seconds = std::numeric_limits<double>::infinity();
  if (debug && debug.get() != Py_False && PyObject_IsTrue(debug.get()) == 1) {
    const Reference slow =
        Reference::take(PyObject_GetAttr(loop, python::state().name_slow_callback_duration));
    if (slow) seconds = PyFloat_AsDouble(slow.get());
  }
  if (!PyErr_Occurred()) return seconds;
  PyErr_Clear();
  return std::numeric_limits<double>::infinity();
}

/// False with an exception set.
bool start_clock(Gathering* self) {
  if (self->timeout <= 0) {
    self->time_is_over();
  } else if (!std::isinf(self->timeout)) {
    self->timer =
        arm(self->loop, self->timeout, time_out_method, reinterpret_cast<PyObject*>(self));
    return self->timer != nullptr;
  }
  return true;
}

PySendResult begin(Gathering* self, PyObject** result) {
  self->loop = Py_XNewRef(running_loop());
  if (!self->loop) {
    end(self);
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return PYGEN_ERROR;
  }
  self->wraps_tasks = has_task_factory(self->loop);
  self->slow = slow_step(self->loop);
  self->state = State::kRunning;
  self->open();
  if (!start_clock(self)) {
    end(self);
    return PYGEN_ERROR;
  }
  self->recruit();
  return wait(self, result);
}

struct Type : OperationType<Type, Gathering> {
  static constexpr const char* kName = "mtaio._core.Gathering";
  static constexpr const char* kDoc = "Coroutines to be run; nothing happens before it is awaited.";

  static const char* owner(const Gathering*) noexcept { return "TaskExecutor"; }
  static const char* name(const Gathering* self) noexcept { return self->name(); }
  static PyObject* repr(Gathering* self) {
    const char* state = self->state == State::kNew       ? "not awaited yet"
                        : self->state == State::kRunning ? "running"
                                                         : "done";
    return PyUnicode_FromFormat(
        "<TaskExecutor.%s() %s, tasks=%zd started=%zd workers=%zd>", name(self), state,
        static_cast<Py_ssize_t>(self->source->given.size()), self->started, self->live);
  }

  static PySendResult resume(Gathering* self, PyObject* error, PyObject** result) {
    if (self->state == State::kNew) {
      if (!error) return begin(self, result);
      end(self);
      return raise_from_operation(Py_NewRef(error));
    }
    if (self->state == State::kEnded) return refuse_reuse(self);
    if (error) {
      if (self->stop) {
        self->cancel_crew();  // once more, as the caller was
      } else {
        self->stop = Py_NewRef(error);
        self->stop_crew();
      }
      if (PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit)) return finish(self, result);
    }
    return wait(self, result);
  }
  static bool idle(Gathering* self) noexcept {
    if (self->state == State::kRunning) return false;
    end(self);
    return true;
  }

  static int traverse(Gathering* self, visitproc visit, void* arg) {
    Py_VISIT(self->executor);
    Py_VISIT(self->loop);
    Py_VISIT(self->results);
    if (self->pending) Py_VISIT(self->pending->object());
    Py_VISIT(self->stop);
    Py_VISIT(self->timer);
    for (Crewman* each = self->crew; each; each = each->next) Py_VISIT(each);
    for (const auto& each : *self->failures) Py_VISIT(each.error.get());
    for (const auto& each : *self->hung) Py_VISIT(each.get());
    if (self->progress && self->progress->traverse(visit, arg) != 0) return -1;
    return self->source->traverse(visit, arg);
  }
  static void clear(Gathering* self) {
    drop_source(self);
    disarm(std::exchange(self->timer, nullptr));
    forget_pending(self);
    while (self->crew) self->crew->leave();
    Py_CLEAR(self->executor);
    Py_CLEAR(self->results);
    Py_CLEAR(self->stop);
    drop_failures(self);
  }
  static void release(Gathering* self) {
    clear(self);
    Py_CLEAR(self->loop);
    delete self->failures;
    delete self->hung;
    delete self->progress;
    delete self->source;
  }
};

}  // namespace

Gathering* Gathering::create(PyObject* executor, CoroutineSource source,
                             const GatherOptions& options) {
  Gathering* made = Type::make();
  if (!made) {
    source.drop(0);
    return nullptr;
  }
  made->executor = Py_NewRef(executor);
  made->loop = made->stop = made->timer = nullptr;
  made->pending = nullptr;
  made->progress = options.progress ? new ProgressReport{options.progress} : nullptr;
  made->source = new CoroutineSource{std::move(source)};
  made->failures = new std::vector<Failure>;
  made->hung = new std::vector<Reference>;
  made->crew = nullptr;
  made->timeout = options.timeout;
  made->task_timeout = options.task_timeout;
  made->slow = std::numeric_limits<double>::infinity();
  made->limit = options.limit;
  made->live = made->fresh = made->started = made->told = 0;
  made->maps = made->source->function != nullptr;
  made->return_exceptions = options.return_exceptions;
  made->wraps_tasks = made->stopping = made->timed_out = false;
  made->recruiting = made->want_more = false;
  made->state = State::kNew;
  made->results = PyList_New(0);
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  if (!made->results) Py_CLEAR(made);
  return made;
}

bool add_gathering(PyObject* module) { return Crewman::prepare_type() && Type::add_to(module); }

}  // namespace mtaio::python
