#include "_core/execution_error.hpp"
#include "_core/gathering.hpp"
#include "_core/module_state.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/running_loop.hpp"
#include "bridge/runtime_state.hpp"

#include <cstddef>
#include <utility>

namespace mtaio::python {
namespace {

using State = Gathering::State;

void drop_source(Gathering* self) noexcept { self->source->drop(self->started); }

void drop_failures(Gathering* self) noexcept {
  for (auto& [index, error] : *self->failures) Py_CLEAR(error);
  self->failures->clear();
}

void end(Gathering* self) noexcept {
  self->state = State::kEnded;
  drop_source(self);
}

void forget_pending(Gathering* self) noexcept {
  if (self->pending) self->pending->owner = nullptr;
  Py_CLEAR(self->pending);
}

/// Has the caller wait, again.
PySendResult wait(Gathering* self, PyObject** result) {
  forget_pending(self);
  self->pending = Pending::create(self->loop);
  if (!self->pending) return PYGEN_ERROR;
  self->pending->owner = reinterpret_cast<PyObject*>(self);
  return wait_for(self->pending, result);
}

/// Raises what the failures amount to.
void raise_failure(Gathering* self) {
  const auto& failures = *self->failures;
  // What must not be wrapped comes first.
  for (const auto& [index, error] : failures) {
    if (PyErr_GivenExceptionMatches(error, PyExc_Exception)) continue;
    Py_INCREF(error);
    RaisedError::raise(error);
    return;
  }
  const auto& [index, cause] = failures.front();
  const Reference all = Reference::take(PyTuple_New(static_cast<Py_ssize_t>(failures.size())));
  if (!all) return;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    PyObject* pair = Py_BuildValue("(nO)", failures[i].first, failures[i].second);
    if (!pair) return;
    PyTuple_SET_ITEM(all.get(), static_cast<Py_ssize_t>(i), pair);
  }
  const auto total = static_cast<Py_ssize_t>(self->source->given.size());
  const Reference text = Reference::take(
      total > 0 ? PyUnicode_FromFormat("task %zd of %zd failed: %S", index, total, cause)
                : PyUnicode_FromFormat("task %zd failed: %S", index, cause));
  raise_execution_error(text.get(), index, all.get(), cause);
}

PySendResult finish(Gathering* self, PyObject** result) {
  end(self);
  forget_pending(self);
  Reference results = Reference::take(std::exchange(self->results, nullptr));
  if (self->stop) return raise_from_operation(std::exchange(self->stop, nullptr));
  if (!self->failures->empty()) {
    raise_failure(self);
    drop_failures(self);
    return PYGEN_ERROR;
  }
  for (const auto& [copy, original] : self->source->copies) {
    while (PyList_GET_SIZE(results.get()) <= copy) {
      if (PyList_Append(results.get(), Py_None) < 0) return PYGEN_ERROR;
    }
    PyObject* value = PyList_GET_ITEM(results.get(), original);
    Py_INCREF(value);
    PyList_SetItem(results.get(), copy, value);
  }
  *result = results.release();
  return PYGEN_RETURN;
}

bool has_task_factory(PyObject* loop) noexcept {
  const Reference factory =
      Reference::take(PyObject_CallMethodNoArgs(loop, python::state().name_get_task_factory));
  if (!factory) PyErr_Clear();  // a loop that does not say
  return factory.get() != Py_None;
}

PySendResult begin(Gathering* self, PyObject** result) {
  self->loop = running_loop();
  if (!self->loop) {
    end(self);
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return PYGEN_ERROR;
  }
  Py_INCREF(self->loop);
  self->wraps_tasks = has_task_factory(self->loop);
  self->state = State::kRunning;
  self->recruit();
  return self->live == 0 ? finish(self, result) : wait(self, result);
}

struct Type : OperationType<Type, Gathering> {
  static constexpr const char* kName = "mtaio._core.Gathering";
  static constexpr const char* kDoc = "Coroutines to be run; nothing happens before it is awaited.";

  static const char* owner(const Gathering*) noexcept { return "TaskExecutor"; }
  static const char* name(const Gathering* self) noexcept { return self->maps ? "map" : "gather"; }
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
      if (!self->stop) self->stop = Py_NewRef(error);
      self->stop_crew();
      if (PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit)) return finish(self, result);
    }
    return self->live > 0 ? wait(self, result) : finish(self, result);
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
    for (const auto& [index, error] : *self->failures) Py_VISIT(error);
    return self->source->traverse(visit, arg);
  }
  static void clear(Gathering* self) {
    drop_source(self);
    forget_pending(self);
    Py_CLEAR(self->executor);
    Py_CLEAR(self->results);
    Py_CLEAR(self->stop);
    drop_failures(self);
  }
  static void release(Gathering* self) {
    clear(self);
    Py_CLEAR(self->loop);
    delete self->failures;
    delete self->source;
  }
};

}  // namespace

Gathering* Gathering::create(PyObject* executor, CoroutineSource source, Py_ssize_t limit,
                             bool return_exceptions) {
  Gathering* made = Type::make();
  if (!made) return nullptr;
  Py_INCREF(executor);
  made->executor = executor;
  made->loop = made->stop = nullptr;
  made->pending = nullptr;
  made->source = new CoroutineSource{std::move(source)};
  made->failures = new std::vector<std::pair<Py_ssize_t, PyObject*>>;
  made->crew = nullptr;
  made->limit = limit;
  made->live = made->fresh = made->started = 0;
  made->maps = made->source->function != nullptr;
  made->return_exceptions = return_exceptions;
  made->wraps_tasks = false;
  made->stopping = made->recruiting = made->want_more = false;
  made->state = State::kNew;
  made->results = PyList_New(0);
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  if (!made->results) Py_CLEAR(made);
  return made;
}

bool add_gathering(PyObject* module) { return Crewman::prepare_type() && Type::add_to(module); }

}  // namespace mtaio::python
