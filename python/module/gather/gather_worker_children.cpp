/// The next child of a worker.
#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/errors/timeout_error.hpp"
#include "module/gather/gather.hpp"
#include "module/gather/gather_worker.hpp"

#include <utility>

namespace mtaio::python {
namespace {

/// Makes `made` (taken over) the child. False if it has ended already, or is not started.
bool begin_child(GatherWorker* self, Next kind, PyObject* made) {
  Gather& gather = self->gather();
  const Reference awaitable = Reference::take(made);
  if (gather.stopping && !is_future(made)) {
    close_unstarted(made);
    return false;
  }
  if (gather.options.task_timeout <= 0 && !is_future(made)) {
    close_unstarted(made);
    Reference error =
        make_timeout_error(gather.name(), "task_timeout", gather.options.task_timeout, nullptr);
    if (error) RaisedError::raise(error.release());
  } else if (self->adopt(made, kind) && self->start_clock()) {
    return true;
  }
  self->drop_child();
  gather.ended(self->index, nullptr);
  return false;
}

/// Begins with `made` (taken over), or with an exception that is set. True if there is a child.
bool begin_next(GatherWorker* self, Next kind, PyObject* made) {
  if (kind != Next::kValue && kind != Next::kFailed) return begin_child(self, kind, made);
  self->gather().ended(self->index, kind == Next::kValue ? made : nullptr);
  return false;
}

/// What a function returned, of the pair of what it returned and raised (taken over); null with the
/// exception set.
PyObject* unpack(PyObject* pair) {
  const Reference keep = Reference::take(pair);
  PyObject* error = PyTuple_GET_ITEM(pair, 1);
  if (error == Py_None) return Py_NewRef(PyTuple_GET_ITEM(pair, 0));
  RaisedError::raise(Py_NewRef(error));
  return nullptr;
}

}  // namespace

GatherWorker::Taken GatherWorker::take_next() {
  Gather& gather = this->gather();
  if (!gather.has_more()) return Taken::kNothing;
  PyObject* made = nullptr;
  const Next what = gather.source.next(made);
  if (what == Next::kExhausted) {
    gather.source_exhausted();
    return Taken::kNothing;
  }
  if (what == Next::kPull) {
    const Reference awaitable = Reference::take(made);
    if (adopt(made, what)) return Taken::kChild;
    gather.source.pulling = false;
    index = gather.start_next();
    gather.ended(index, nullptr);
    return Taken::kEnded;
  }
  index = gather.start_next();
  return begin_next(this, what, made) ? Taken::kChild : Taken::kEnded;
}

bool GatherWorker::pulled(PySendResult outcome, PyObject* value) {
  Gather& gather = this->gather();
  gather.source.pulling = false;
  if (outcome == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
    PyErr_Clear();
    gather.source.exhausted = true;
    gather.source_exhausted();
    return false;
  }
  const Reference arguments = Reference::take(value);
  if (gather.stopping && outcome == PYGEN_ERROR &&
      PyErr_ExceptionMatches(cached().cancelled_error)) {
    PyErr_Clear();
    return false;
  }
  PyObject* made = nullptr;
  const Next what =
      outcome == PYGEN_RETURN ? gather.source.apply(arguments.get(), made) : Next::kFailed;
  if (what == Next::kExhausted) return false;  // the source was dropped meanwhile
  index = gather.start_next();
  return begin_next(this, what, made);
}

bool GatherWorker::function_returned(PyObject*& value) {
  if (value) value = unpack(value);
  if (!value || !is_awaitable(value)) return false;
  gather().source.gives_awaitables();
  const Reference awaitable = Reference::take(std::exchange(value, nullptr));
  return adopt(awaitable.get(), Next::kAwaitable);
}

bool GatherWorker::adopt(PyObject* awaitable, Next kind_of_child) {
  Reference iterator = Reference::take(iterator_of(awaitable));
  if (!iterator) return false;
  if (!context) context = PyContext_CopyCurrent();
  if (!context) return false;
  kind = kind_of_child;
  Py_XSETREF(child, iterator.release());
  return true;
}

void GatherWorker::drop_child() {
  Py_CLEAR(child);
  Py_CLEAR(context);
}

}  // namespace mtaio::python
