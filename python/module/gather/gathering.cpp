#include "module/gather/gathering.hpp"

#include "module/awaiting/awaiting.hpp"
#include "module/errors/timeout_error.hpp"
#include "bridge/runtime_state.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace mtaio::python {
namespace {

// A TimeoutError shows so many places where coroutines hung, and of those that failed all.
constexpr std::size_t kMostHung = 10;

// How many crewmen one that suspends calls for: so their number doubles each turn of the loop.
constexpr int kRecruits = 2;

bool is_fatal(PyObject* error) noexcept {
  return PyErr_GivenExceptionMatches(error, PyExc_KeyboardInterrupt) != 0 ||
         PyErr_GivenExceptionMatches(error, PyExc_SystemExit) != 0;
}

/// The task of a crewman is done. One that the loop's factory has wrapped may never have stepped
/// it.
PyObject* task_is_done(PyObject* object, PyObject* /*task*/) {
  auto* crewman = reinterpret_cast<Crewman*>(object);
  if (!crewman->ended) {
    const Reference keep = Reference::to(reinterpret_cast<PyObject*>(crewman->of));
    crewman->leave();
    crewman->of->recruit();
  }
  Py_RETURN_NONE;
}

PyMethodDef task_is_done_method{"task_is_done", &task_is_done, METH_O, nullptr};

}  // namespace

void Gathering::open() {
  if (!progress) return;
  told =
      maps ? source->length : static_cast<Py_ssize_t>(source->given.size() - source->copies.size());
  if (told == CoroutineSource::kUnknown) told = 0;
  if (!progress->add_total(told)) fails(0);
}

Py_ssize_t Gathering::start_next() {
  const Py_ssize_t index = started++;
  if (progress && !progress->count_started()) fails(index);
  return index;
}

void Gathering::source_exhausted() {
  if (!progress || started == told) return;
  const Py_ssize_t more = started - told;
  told = started;
  if (!progress->add_total(more)) fails(started);
}

void Gathering::stop_crew() {
  if (stopping) return;
  stopping = true;
  RaisedError before = RaisedError::fetch();
  cancel_crew();
  source->stop(started);
  if (before) std::move(before).restore();
}

void Gathering::cancel_crew() {
  RaisedError before = RaisedError::fetch();
  const Reference current = Reference::take(PyObject_CallNoArgs(python::state().current_task));
  if (!current) PyErr_Clear();
  std::vector<Reference> tasks;
  for (const Crewman* each = crew; each; each = each->next) {
    // Not one that reports what its coroutine has ended with.
    if (each->task && (each->child || each->task != current.get())) {
      tasks.push_back(Reference::to(each->task));
    }
  }
  for (const Reference& task : tasks) cancel(task.get());
  if (before) std::move(before).restore();
}

void Gathering::time_is_over() {
  if (stopping || (live == 0 && (started > 0 || source->is_over(started)))) return;
  timed_out = true;
  if (return_exceptions) {
    for (std::size_t i = 0; i < source->given.size(); ++i) {
      const PyObject* unstarted = source->given[i];
      if (!unstarted || is_future(source->given[i])) continue;
      Reference error = make_timeout_error(name(), "timeout", timeout, nullptr);
      if (!error) {
        fails(static_cast<Py_ssize_t>(i));
        return;
      }
      put_result(static_cast<Py_ssize_t>(i), error.release());
    }
  }
  stop_crew();
}

void Gathering::put_result(Py_ssize_t index, PyObject* result) {
  Reference owned = Reference::take(result);
  const Reference list = Reference::to(results);
  bool all = static_cast<bool>(list);
  while (all && PyList_GET_SIZE(list.get()) < index) all = PyList_Append(list.get(), Py_None) == 0;
  if (!all) {
    if (list) PyErr_WriteUnraisable(list.get());
  } else if (PyList_GET_SIZE(list.get()) == index) {
    if (PyList_Append(list.get(), owned.get()) < 0) PyErr_WriteUnraisable(list.get());
  } else {
    PyList_SetItem(list.get(), index, owned.release());
  }
}

void Gathering::fails(Py_ssize_t index) {
  const RaisedError raised = RaisedError::fetch();
  fails_with(index, Reference::to(raised.get()));
}

void Gathering::fails_with(Py_ssize_t index, Reference error) {
  failures->push_back({index, std::move(error)});
  stop_crew();
}

void Gathering::ended(Py_ssize_t index, PyObject* result) {
  // First of all: making an exception of what is raised may run any code.
  const RaisedError raised = RaisedError::fetch();
  Reference value = Reference::take(result);
  if (!results) return;  // the caller has gone
  const bool cancelled =
      raised && PyErr_GivenExceptionMatches(raised.get(), python::state().cancelled_error) != 0;
  const bool as_asked = stopping && cancelled;
  if (value) {
    put_result(index, value.release());
  } else if (return_exceptions && !is_fatal(raised.get())) {
    Reference outcome = Reference::to(raised.get());
    if (timed_out && cancelled) {
      outcome = make_timeout_error(name(), "timeout", timeout, raised.get());
    }
    if (outcome) {
      put_result(index, outcome.release());
    } else {
      fails(index);
    }
  } else if (!as_asked) {
    fails_with(index, Reference::to(raised.get()));
  } else if (timed_out && hung->size() < kMostHung) {
    hung->push_back(Reference::to(raised.get()));
  }
  if (progress && !progress->count_done(raised && !as_asked)) fails(index);
}

bool Gathering::hire(Crewman& crewman) {
  auto* object = reinterpret_cast<PyObject*>(&crewman);
  Reference task =
      Reference::take(PyObject_CallMethodOneArg(loop, python::state().name_create_task, object));
  if (!task) return false;
  if (crewman.ended) return true;  // an eager one
  crewman.task = task.release();
  if (!wraps_tasks) return true;
  const Reference callback = Reference::take(PyCFunction_New(&task_is_done_method, object));
  const Reference added = Reference::take(
      callback ? PyObject_CallMethod(crewman.task, "add_done_callback", "O", callback.get())
               : nullptr);
  return static_cast<bool>(added);
}

bool Gathering::try_to_recruit() {
  want_more = true;
  if (recruiting) return true;  // by an eager task of the loop, which the call below is starting
  recruiting = true;
  bool made = true;
  while (made && std::exchange(want_more, false)) {
    const int wanted = live == 0 ? 1 : kRecruits;
    for (int i = 0; made && i < wanted && wants_crewman(); ++i) {
      Crewman* crewman = Crewman::create(*this);
      made = crewman != nullptr;
      if (!made) break;
      const Reference keep = Reference::take(reinterpret_cast<PyObject*>(crewman));
      Py_INCREF(crewman);  // the list's: nothing else may refer to a task that hangs
      crewman->next = crew;
      if (crew) crew->previous = crewman;
      crew = crewman;
      ++live;
      ++fresh;
      made = hire(*crewman);
      if (!made && !crewman->task) {
        RaisedError raised = RaisedError::fetch();
        crewman->leave();
        std::move(raised).restore();
      }
    }
  }
  recruiting = false;
  return made;
}

void Gathering::recruit() {
  if (!wants_crewman() || try_to_recruit()) return;
  fails(started);
  if (live == 0) all_left();
}

void Gathering::begins(Crewman& crewman) noexcept {
  if (crewman.begun) return;
  crewman.begun = true;
  --fresh;
}

void Gathering::left(Crewman& crewman) {
  begins(crewman);
  if (crewman.previous) {
    crewman.previous->next = crewman.next;
  } else {
    crew = crewman.next;
  }
  if (crewman.next) crewman.next->previous = crewman.previous;
  crewman.previous = crewman.next = nullptr;
  --live;
  if (live == 0 && !has_more()) all_left();
  Py_DECREF(&crewman);
}

void Gathering::all_left() {
  if (!pending) return;
  RaisedError before = RaisedError::fetch();
  if (pending && !pending->complete()) PyErr_WriteUnraisable(nullptr);
  if (before) std::move(before).restore();
}

}  // namespace mtaio::python
