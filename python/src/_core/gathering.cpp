#include "_core/gathering.hpp"

#include "bridge/runtime_state.hpp"

#include <utility>
#include <vector>

namespace mtaio::python {
namespace {

// How many crewmen one that suspends calls for: so their number doubles each turn of the loop.
constexpr int kRecruits = 2;

void cancel_task(PyObject* task) {
  const Reference keep = Reference::to(task);
  PyObject* done = PyObject_CallMethodNoArgs(keep.get(), python::state().name_cancel);
  if (!done) PyErr_WriteUnraisable(keep.get());
  Py_XDECREF(done);
}

bool is_fatal() noexcept {
  return PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) ||
         PyErr_ExceptionMatches(PyExc_SystemExit);
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

void Gathering::stop_crew() {
  if (stopping) return;
  stopping = true;
  RaisedError before = RaisedError::fetch();
  const Reference current = Reference::take(PyObject_CallNoArgs(python::state().current_task));
  if (!current) PyErr_Clear();
  std::vector<PyObject*> tasks;
  for (Crewman* each = crew; each; each = each->next) {
    // Not one that reports what its coroutine has ended with.
    if (each->task && (each->child || each->task != current.get())) {
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
  stop_crew();
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
  const RaisedError raised = RaisedError::fetch();
  Py_INCREF(raised.get());
  failures->emplace_back(started, raised.get());
  stop_crew();
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
}

void Gathering::all_left() {
  if (!pending) return;
  RaisedError before = RaisedError::fetch();
  const Reference keep = Reference::to(pending->object());
  if (!pending->complete()) PyErr_WriteUnraisable(nullptr);
  if (before) std::move(before).restore();
}

}  // namespace mtaio::python
