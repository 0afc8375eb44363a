#include "_core/gathering.hpp"

#include "_core/module_state.hpp"
#include "bridge/operation.hpp"
#include "bridge/running_loop.hpp"
#include "bridge/runtime_state.hpp"

#include <array>

namespace mtaio::python {
namespace {

PyTypeObject* type = nullptr;

// How many crewmen one that suspends calls for: so their number doubles each turn of the loop.
constexpr int kRecruits = 2;

using State = Gathering::State;

Gathering* as_gathering(PyObject* object) noexcept { return reinterpret_cast<Gathering*>(object); }
PyObject* as_object(Gathering* self) noexcept { return reinterpret_cast<PyObject*>(self); }

/// Nothing more will start: what has not is closed.
void drop_source(Gathering* self) noexcept {
  Gathering::Source& source = *self->source;
  source.exhausted = true;
  for (auto i = static_cast<std::size_t>(self->started); i < source.given.size(); ++i) {
    if (PyObject* given = std::exchange(source.given[i], nullptr)) {
      close_unstarted(given);
      Py_DECREF(given);
    }
  }
  Py_CLEAR(source.function);
  for (PyObject*& iterator : source.iterators) Py_CLEAR(iterator);
  source.iterators.clear();
  Py_CLEAR(source.async_iterator);
}

void cancel_task(PyObject* task) {
  const Reference keep = Reference::to(task);
  PyObject* done = PyObject_CallMethodNoArgs(keep.get(), state().name_cancel);
  if (!done) PyErr_WriteUnraisable(keep.get());
  Py_XDECREF(done);
}

/// No further coroutine starts, and those that run are asked to stop. An exception that is set
/// stays.
void stop(Gathering* self) {
  if (self->stopping) return;
  self->stopping = true;
  RaisedError before = RaisedError::fetch();
  const Reference current = Reference::take(PyObject_CallNoArgs(state().current_task));
  if (!current) PyErr_Clear();
  std::vector<PyObject*> tasks;
  for (Crewman* each = self->crew; each; each = each->next) {
    // Not the one that reports the failure: its coroutine has ended.
    if (each->task && each->task != current.get()) {
      Py_INCREF(each->task);
      tasks.push_back(each->task);
    }
  }
  for (PyObject* task : tasks) {
    cancel_task(task);
    Py_DECREF(task);
  }
  if (before) std::move(before).restore();
}

bool is_fatal() noexcept {
  return PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) ||
         PyErr_ExceptionMatches(PyExc_SystemExit);
}

void forget_pending(Gathering* self) noexcept {
  if (self->pending) self->pending->owner = nullptr;
  Py_CLEAR(self->pending);
}

PySendResult wait(Gathering* self, PyObject** result) {
  forget_pending(self);
  self->pending = Pending::create(self->loop);
  if (!self->pending) return PYGEN_ERROR;
  self->pending->owner = as_object(self);
  *result = self->pending->object();
  Py_INCREF(*result);
  return PYGEN_NEXT;
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
  const Reference keywords =
      Reference::take(Py_BuildValue("{s:n,s:O}", "index", index, "failures", all.get()));
  const Reference arguments = text ? Reference::take(PyTuple_Pack(1, text.get())) : Reference{};
  if (!keywords || !arguments) return;
  const Reference error = Reference::take(
      PyObject_Call(module_state().execution_error, arguments.get(), keywords.get()));
  if (!error) return;
  Py_INCREF(cause);
  PyException_SetCause(error.get(), cause);
  PyErr_SetObject(module_state().execution_error, error.get());
}

PySendResult finish(Gathering* self, PyObject** result) {
  self->state = State::kEnded;
  drop_source(self);
  forget_pending(self);
  Reference results = Reference::take(std::exchange(self->results, nullptr));
  if (self->stop) {
    RaisedError::raise(std::exchange(self->stop, nullptr));
    return PYGEN_ERROR;
  }
  if (!self->failures->empty()) {
    raise_failure(self);
    for (auto& [index, error] : *self->failures) Py_CLEAR(error);
    self->failures->clear();
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

PySendResult begin(Gathering* self, PyObject** result) {
  self->loop = running_loop();
  if (!self->loop) {
    self->state = State::kEnded;
    drop_source(self);
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return PYGEN_ERROR;
  }
  Py_INCREF(self->loop);
  self->state = State::kRunning;
  if (!self->recruit()) {
    self->state = State::kEnded;
    drop_source(self);
    return PYGEN_ERROR;
  }
  return self->live == 0 ? finish(self, result) : wait(self, result);
}

void destroy(PyObject* object) {
  Gathering* self = as_gathering(object);
  PyObject_GC_UnTrack(object);
  drop_source(self);
  forget_pending(self);
  Py_CLEAR(self->executor);
  Py_CLEAR(self->loop);
  Py_CLEAR(self->results);
  Py_CLEAR(self->stop);
  for (auto& [index, error] : *self->failures) Py_CLEAR(error);
  delete self->failures;
  delete self->source;
  PyTypeObject* of = Py_TYPE(object);
  PyObject_GC_Del(object);
  Py_DECREF(of);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  const Gathering* self = as_gathering(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->executor);
  Py_VISIT(self->loop);
  Py_VISIT(self->results);
  if (self->pending) Py_VISIT(self->pending->object());
  Py_VISIT(self->stop);
  for (PyObject* each : self->source->given) Py_VISIT(each);
  Py_VISIT(self->source->function);
  for (PyObject* each : self->source->iterators) Py_VISIT(each);
  Py_VISIT(self->source->async_iterator);
  for (const auto& [index, error] : *self->failures) Py_VISIT(error);
  return 0;
}

int clear(PyObject* object) {
  Gathering* self = as_gathering(object);
  drop_source(self);
  forget_pending(self);
  Py_CLEAR(self->executor);
  Py_CLEAR(self->results);
  Py_CLEAR(self->stop);
  for (auto& [index, error] : *self->failures) Py_CLEAR(error);
  self->failures->clear();
  return 0;
}

const char* name_of(const Gathering* self) noexcept { return self->maps ? "map" : "gather"; }

PyObject* repr(PyObject* object) {
  const Gathering* self = as_gathering(object);
  const char* state = self->state == State::kNew       ? "not awaited yet"
                      : self->state == State::kRunning ? "running"
                                                       : "done";
  return PyUnicode_FromFormat(
      "<TaskExecutor.%s() %s, tasks=%zd started=%zd workers=%zd>", name_of(self), state,
      static_cast<Py_ssize_t>(self->source->given.size()), self->started, self->live);
}

PyObject* get_name(PyObject* object, void*) {
  return PyUnicode_FromString(name_of(as_gathering(object)));
}
PyObject* get_qualname(PyObject* object, void*) {
  return PyUnicode_FromFormat("TaskExecutor.%s", name_of(as_gathering(object)));
}

std::array<PyMethodDef, 4> methods{{MTAIO_PYTHON_OPERATION_METHODS(Gathering), {}}};
std::array<PyGetSetDef, 3> properties{{
    {"__name__", &get_name, nullptr, nullptr, nullptr},
    {"__qualname__", &get_qualname, nullptr, nullptr, nullptr},
    {},
}};
std::array<PyType_Slot, 12> slots{{
    MTAIO_PYTHON_OPERATION_SLOTS(Gathering),
    {Py_tp_dealloc, reinterpret_cast<void*>(&destroy)},
    {Py_tp_traverse, reinterpret_cast<void*>(&traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(&clear)},
    {Py_tp_repr, reinterpret_cast<void*>(&repr)},
    {Py_tp_methods, methods.data()},
    {Py_tp_getset, properties.data()},
    {Py_tp_doc, const_cast<char*>("Coroutines to be run; nothing happens before it is awaited.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.Gathering", sizeof(Gathering), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                 slots.data()};

}  // namespace

Gathering* Gathering::create(PyObject* executor, Source source, Py_ssize_t limit,
                             bool return_exceptions) {
  auto* made = PyObject_GC_New(Gathering, type);
  if (!made) return nullptr;
  Py_INCREF(executor);
  made->executor = executor;
  made->loop = made->stop = nullptr;
  made->pending = nullptr;
  made->source = new Source{std::move(source)};
  made->failures = new std::vector<std::pair<Py_ssize_t, PyObject*>>;
  made->crew = nullptr;
  made->limit = limit;
  made->live = made->started = 0;
  made->maps = made->source->function != nullptr;
  made->return_exceptions = return_exceptions;
  made->stopping = made->recruiting = made->want_more = false;
  made->state = State::kNew;
  made->results = PyList_New(0);
  PyObject_GC_Track(as_object(made));
  if (!made->results) Py_CLEAR(made);
  return made;
}

bool Gathering::has_more() noexcept {
  if (stopping || source->exhausted) return false;
  if (!source->function) {
    const auto total = static_cast<Py_ssize_t>(source->given.size());
    while (started < total && !source->given[static_cast<std::size_t>(started)]) ++started;
    return started < total;
  }
  return !source->pulling;
}

Gathering::Next Gathering::next(PyObject*& awaitable, bool& pulled) {
  if (!source->function) {
    awaitable = std::exchange(source->given[static_cast<std::size_t>(started)], nullptr);
    return Next::kReady;
  }
  if (source->async_iterator) {
    pulled = true;
    const unaryfunc anext = Py_TYPE(source->async_iterator)->tp_as_async->am_anext;
    awaitable = anext(source->async_iterator);
    if (!awaitable) return Next::kFailed;
    source->pulling = true;
    return Next::kReady;
  }
  const Reference arguments =
      Reference::take(PyTuple_New(static_cast<Py_ssize_t>(source->iterators.size())));
  if (!arguments) return Next::kFailed;
  for (std::size_t i = 0; i < source->iterators.size(); ++i) {
    // Kept: the iterator may run any code, that of a task which stops this one too.
    const Reference iterator = Reference::to(source->iterators[i]);
    PyObject* item = PyIter_Next(iterator.get());
    if (!item) {
      const bool failed = PyErr_Occurred() != nullptr;
      source->exhausted = true;
      return failed ? Next::kFailed : Next::kExhausted;
    }
    PyTuple_SET_ITEM(arguments.get(), static_cast<Py_ssize_t>(i), item);
  }
  return apply(arguments.get(), awaitable);
}

Gathering::Next Gathering::apply(PyObject* arguments, PyObject*& awaitable) {
  const Reference function = Reference::to(source->function);
  if (!function) return Next::kExhausted;
  awaitable = PyObject_Call(function.get(), arguments, nullptr);
  return awaitable ? Next::kReady : Next::kFailed;
}

void Gathering::ended(Py_ssize_t index, PyObject* result) {
  while (results && PyList_GET_SIZE(results) <= index) {
    if (PyList_Append(results, Py_None) < 0) {
      PyErr_WriteUnraisable(nullptr);
      Py_XDECREF(result);
      return;
    }
  }
  if (!results) {  // nobody is there to take it
    Py_XDECREF(result);
    PyErr_Clear();
    return;
  }
  if (result) {
    PyList_SetItem(results, index, result);
    return;
  }
  const bool fatal = is_fatal();
  const bool cancelled = PyErr_ExceptionMatches(python::state().cancelled_error) != 0;
  RaisedError raised = RaisedError::fetch();
  if (return_exceptions && !fatal) {
    Py_INCREF(raised.get());
    PyList_SetItem(results, index, raised.get());
    return;
  }
  // It was asked to stop, and has.
  if (stopping && cancelled) return;
  Py_INCREF(raised.get());
  failures->emplace_back(index, raised.get());
  python::stop(this);
}

bool Gathering::recruit() {
  want_more = true;
  if (recruiting) return true;  // by an eager task of the loop, which the call below is starting
  recruiting = true;
  bool made = true;
  while (made && std::exchange(want_more, false)) {
    const int wanted = live == 0 ? 1 : kRecruits;
    for (int i = 0; made && i < wanted && live < limit && has_more(); ++i) {
      Crewman* crewman = Crewman::create(*this);
      made = crewman != nullptr;
      if (!made) break;
      const Reference keep = Reference::take(reinterpret_cast<PyObject*>(crewman));
      crewman->next = crew;
      if (crew) crew->previous = crewman;
      crew = crewman;
      ++live;
      PyObject* task =
          PyObject_CallMethodOneArg(loop, python::state().name_create_task, keep.get());
      made = task != nullptr;
      if (made && !crewman->ended) {
        crewman->task = task;
      } else {
        Py_XDECREF(task);
      }
      if (!made && !crewman->ended) {
        crewman->ended = true;
        left(*crewman);
      }
    }
  }
  recruiting = false;
  return made;
}

void Gathering::recruit_or_fail() {
  if (live >= limit || !has_more() || recruit()) return;
  const RaisedError raised = RaisedError::fetch();
  Py_INCREF(raised.get());
  failures->emplace_back(started, raised.get());
  python::stop(this);
  if (live == 0) all_left();
}

void Gathering::left(Crewman& crewman) {
  if (crewman.previous) {
    crewman.previous->next = crewman.next;
  } else {
    crew = crewman.next;
  }
  if (crewman.next) crewman.next->previous = crewman.previous;
  crewman.previous = crewman.next = nullptr;
  --live;
  if (live == 0 && !has_more()) all_left();
}

void Gathering::all_left() {
  if (!pending) return;
  RaisedError before = RaisedError::fetch();
  const Reference keep = Reference::to(pending->object());
  if (!pending->complete()) PyErr_WriteUnraisable(nullptr);
  if (before) std::move(before).restore();
}

PySendResult Gathering::resume(Gathering* self, PyObject* error, PyObject** result) {
  if (self->state == State::kNew) {
    if (!error) return begin(self, result);
    self->state = State::kEnded;
    drop_source(self);
    Py_INCREF(error);
    RaisedError::raise(error);
    return PYGEN_ERROR;
  }
  if (self->state == State::kEnded) {
    PyErr_Format(PyExc_RuntimeError, "cannot reuse already awaited TaskExecutor.%s()",
                 name_of(self));
    return PYGEN_ERROR;
  }
  if (error) {
    if (!self->stop) {
      Py_INCREF(error);
      self->stop = error;
    }
    python::stop(self);
    if (PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit)) return finish(self, result);
  }
  if (self->live > 0) return wait(self, result);
  return finish(self, result);
}

bool Gathering::idle(Gathering* self) noexcept {
  if (self->state == State::kRunning) return false;
  self->state = State::kEnded;
  drop_source(self);
  return true;
}

bool add_gathering(PyObject* module) {
  if (!Crewman::prepare_type()) return false;
  if (!type) type = make_operation_type(spec);
  return type && PyModule_AddType(module, type) == 0;
}

}  // namespace mtaio::python
