/// What a crewman steps next.
#include "module/awaiting/awaiting.hpp"
#include "module/gather/crewman.hpp"
#include "module/gather/gathering.hpp"
#include "module/errors/timeout_error.hpp"
#include "bridge/runtime_state.hpp"

#include <utility>

namespace mtaio::python {
namespace {

/// Makes what was `made` its child, number `index`. False: it has ended already, or never starts.
bool begin_child(Crewman* self, Next kind, PyObject* made) {
  Gathering& of = *self->of;
  const Reference awaitable = Reference::take(made);
  if (of.stopping && !is_future(made)) {
    close_unstarted(made);
    return false;
  }
  if (of.task_timeout <= 0 && !is_future(made)) {
    close_unstarted(made);
    Reference error = make_timeout_error(of.name(), "task_timeout", of.task_timeout, nullptr);
    if (error) RaisedError::raise(error.release());
  } else if (self->adopt(made, kind) && self->start_clock()) {
    return true;
  }
  self->drop_child();
  of.ended(self->index, nullptr);
  return false;
}

/// Number `index` is what was `made`, or has failed. True: there is a child.
bool begin_next(Crewman* self, Next kind, PyObject* made) {
  if (kind != Next::kValue && kind != Next::kFailed) return begin_child(self, kind, made);
  self->of->ended(self->index, kind == Next::kValue ? made : nullptr);
  return false;
}

/// Of a pair of what was returned and what was raised, the first; null with the second raised.
PyObject* unpack(PyObject* pair) {
  const Reference keep = Reference::take(pair);
  PyObject* error = PyTuple_GET_ITEM(pair, 1);
  if (error == Py_None) return Py_NewRef(PyTuple_GET_ITEM(pair, 0));
  RaisedError::raise(Py_NewRef(error));
  return nullptr;
}

}  // namespace

Crewman::Taken Crewman::take_up() {
  if (!of->has_more()) return Taken::kNothing;
  PyObject* made = nullptr;
  const Next what = of->source->next(of->started, made);
  if (what == Next::kExhausted) {
    of->source_exhausted();
    return Taken::kNothing;
  }
  if (what == Next::kPull) {
    const Reference awaitable = Reference::take(made);
    if (adopt(made, what)) return Taken::kChild;
    of->source->pulling = false;
    index = of->start_next();
    of->ended(index, nullptr);
    return Taken::kEnded;
  }
  index = of->start_next();
  return begin_next(this, what, made) ? Taken::kChild : Taken::kEnded;
}

bool Crewman::pulled(PySendResult outcome, PyObject* value) {
  of->source->pulling = false;
  if (outcome == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
    PyErr_Clear();
    of->source->exhausted = true;
    of->source_exhausted();
    return false;
  }
  const Reference arguments = Reference::take(value);
  if (of->stopping && outcome == PYGEN_ERROR && PyErr_ExceptionMatches(state().cancelled_error)) {
    PyErr_Clear();
    return false;
  }
  PyObject* made = nullptr;
  const Next what =
      outcome == PYGEN_RETURN ? of->source->apply(arguments.get(), made) : Next::kFailed;
  if (what == Next::kExhausted) return false;  // dropped meanwhile
  index = of->start_next();
  return begin_next(this, what, made);
}

bool Crewman::goes_on(PyObject*& value) {
  if (value) value = unpack(value);
  if (!value || !is_awaitable(value)) return false;
  of->source->gives_awaitables();
  const Reference awaitable = Reference::take(std::exchange(value, nullptr));
  return adopt(awaitable.get(), Next::kAwaitable);
}

bool Crewman::adopt(PyObject* awaitable, Next kind_of) {
  Reference iterator = Reference::take(iterator_of(awaitable));
  if (!iterator) return false;
  if (!context) context = PyContext_CopyCurrent();
  if (!context) return false;
  kind = kind_of;
  Py_XSETREF(child, iterator.release());
  return true;
}

void Crewman::drop_child() {
  Py_CLEAR(child);
  Py_CLEAR(context);
}

}  // namespace mtaio::python
