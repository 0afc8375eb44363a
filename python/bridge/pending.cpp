#include <mtaio/python/pending.hpp>

#include "bridge/runtime_state.hpp"
#include "bridge/type_tables.hpp"

#include <array>
#include <utility>

namespace mtaio::python {
namespace {

PyTypeObject* pending_type = nullptr;

FreeList<Pending, 256> gone;

Pending* as_pending(PyObject* object) noexcept { return reinterpret_cast<Pending*>(object); }

bool call_soon(Pending* self, PyObject* callback, PyObject* context) {
  const std::array<PyObject*, 4> arguments{self->loop, callback, self->object(), context};
  PyObject* handle = PyObject_VectorcallMethod(state().name_call_soon, arguments.data(),
                                               3 | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                               context ? state().keywords_context : nullptr);
  Py_XDECREF(handle);
  return handle != nullptr;
}

/// What a callback has raised, and the loop does with it: False with it set if the loop is to end.
bool report(Pending* self, PyObject* callback) {
  if (PyErr_ExceptionMatches(PyExc_SystemExit) || PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
    return false;
  }
  const RaisedError raised = RaisedError::fetch();
  const Reference told = Reference::take(PyObject_CallMethod(
      self->loop, "call_exception_handler", "{s:N,s:O}", "message",
      PyUnicode_FromFormat("Exception in callback %R", callback), "exception", raised.get()));
  return static_cast<bool>(told);
}

/// As a callback of the loop does it, without the turn in between.
bool call_now(Pending* self, PyObject* callback, PyObject* context) {
  if (PyContext_Enter(context) < 0) return false;
  const Reference result = Reference::take(PyObject_CallOneArg(callback, self->object()));
  RaisedError raised = RaisedError::fetch();
  if (PyContext_Exit(context) < 0) return false;
  if (result) return true;
  std::move(raised).restore();
  return report(self, callback);
}

PyObject* schedule_collected(PyObject* object, PyObject*);

PyMethodDef schedule_collected_method{"schedule", &schedule_collected, METH_NOARGS, nullptr};

/// What waits is garbage too, and may be half taken apart by now: a task of asyncio must not be
/// called then. In the next turn of the loop either nothing is left of it, or something has kept
/// it.
void schedule_later(Pending* self) noexcept {
  if (!self->loop) return;
  const Reference method =
      Reference::take(PyCFunction_New(&schedule_collected_method, self->object()));
  const Reference handle = Reference::take(
      method ? PyObject_CallMethodOneArg(self->loop, state().name_call_soon, method.get())
             : nullptr);
  if (!handle) PyErr_Clear();  // the loop is garbage too
}

bool schedule(Pending* self, bool at_once) {
  PyObject* const callback = std::exchange(self->callback, nullptr);
  PyObject* const context = std::exchange(self->context, nullptr);
  PyObject* const more = std::exchange(self->more, nullptr);
  bool all = true;
  if (callback) {
    all = at_once ? call_now(self, callback, context) : call_soon(self, callback, context);
  }
  for (Py_ssize_t i = 0; all && more && i < PyList_GET_SIZE(more); ++i) {
    // A remove_done_callback() that is below on the stack may take it out.
    const Reference pair = Reference::to(PyList_GET_ITEM(more, i));
    all = call_soon(self, PyTuple_GET_ITEM(pair.get(), 0), PyTuple_GET_ITEM(pair.get(), 1));
  }
  Py_XDECREF(callback);
  Py_XDECREF(context);
  Py_XDECREF(more);
  return all;
}

PyObject* schedule_collected(PyObject* object, PyObject*) {
  if (!schedule(as_pending(object), false)) return nullptr;
  Py_RETURN_NONE;
}

/// Has those called that wait.
bool call_all(Pending* self, bool at_once) {
  if (!self->collected) [[likely]]
    return schedule(self, at_once);
  schedule_later(self);
  return true;
}

/// Adds a callback that is not the first.
bool add_further(Pending* self, PyObject* callback, PyObject* context) {
  const Reference pair = Reference::take(PyTuple_Pack(2, callback, context));
  Reference list = Reference::take(PyList_New(0));
  if (!pair || !list) return false;
  // Making them may have run any code.
  if (self->done) return call_soon(self, callback, context);
  if (!self->more) self->more = list.release();
  return PyList_Append(self->more, pair.get()) == 0;
}

PyObject* add_done_callback(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                            PyObject* keywords) {
  Pending* self = as_pending(object);
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  if (count != 1 || named > 1 ||
      (named == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, 0), "context"))) {
    PyErr_SetString(PyExc_TypeError,
                    "add_done_callback() takes a function and the keyword 'context'");
    return nullptr;
  }
  Reference context = Reference::to(named == 1 && arguments[1] != Py_None ? arguments[1] : nullptr);
  if (!context) context = Reference::take(PyContext_CopyCurrent());
  if (!context) return nullptr;
  if (self->done) {
    if (!call_soon(self, arguments[0], context.get())) return nullptr;
  } else if (!self->callback) {
    Py_INCREF(arguments[0]);
    self->callback = arguments[0];
    self->context = context.release();
  } else if (!add_further(self, arguments[0], context.get())) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* remove_done_callback(PyObject* object, PyObject* callback) {
  Pending* self = as_pending(object);
  long removed = 0;
  // A comparison may run any code: what was compared need not be there any more.
  if (const Reference first = Reference::to(self->callback)) {
    const int same = PyObject_RichCompareBool(first.get(), callback, Py_EQ);
    if (same < 0) return nullptr;
    if (same > 0 && self->callback == first.get()) {
      const Reference dropped = Reference::take(std::exchange(self->callback, nullptr));
      const Reference context = Reference::take(std::exchange(self->context, nullptr));
      ++removed;
    }
  }
  const Reference more = Reference::to(self->more);
  for (Py_ssize_t i = more ? PyList_GET_SIZE(more.get()) : 0; i-- > 0;) {
    if (i >= PyList_GET_SIZE(more.get())) continue;
    const Reference pair = Reference::to(PyList_GET_ITEM(more.get(), i));
    const int same = PyObject_RichCompareBool(PyTuple_GET_ITEM(pair.get(), 0), callback, Py_EQ);
    if (same < 0) return nullptr;
    if (same == 0 || i >= PyList_GET_SIZE(more.get()) ||
        PyList_GET_ITEM(more.get(), i) != pair.get()) {
      continue;
    }
    if (PySequence_DelItem(more.get(), i) < 0) return nullptr;
    ++removed;
  }
  return PyLong_FromLong(removed);
}

PyObject* cancel(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                 PyObject* keywords) {
  Pending* self = as_pending(object);
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  if (count + named > 1) {
    PyErr_SetString(PyExc_TypeError, "cancel() takes at most one argument, 'msg'");
    return nullptr;
  }
  if (self->done) Py_RETURN_FALSE;
  self->done = self->cancelled = true;
  if (count + named == 1 && arguments[0] != Py_None) {
    Py_INCREF(arguments[0]);
    Py_XSETREF(self->message, arguments[0]);
  }
  if (!call_all(self, false)) return nullptr;
  Py_RETURN_TRUE;
}

PyObject* result(PyObject* object, PyObject*) {
  const Pending* self = as_pending(object);
  if (self->cancelled) {
    const Reference error =
        Reference::take(self->message ? PyObject_CallOneArg(state().cancelled_error, self->message)
                                      : PyObject_CallNoArgs(state().cancelled_error));
    if (error) PyErr_SetObject(state().cancelled_error, error.get());
    return nullptr;
  }
  if (!self->done) {
    PyErr_SetString(state().invalid_state_error, "Result is not ready.");
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* get_loop(PyObject* object, PyObject*) {
  Py_INCREF(as_pending(object)->loop);
  return as_pending(object)->loop;
}
PyObject* is_done(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_pending(object)->done ? 1 : 0);
}
PyObject* is_cancelled(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_pending(object)->cancelled ? 1 : 0);
}

PyObject* get_blocking(PyObject* object, void*) {
  return PyBool_FromLong(as_pending(object)->blocking ? 1 : 0);
}
int set_blocking(PyObject* object, PyObject* value, void*) {
  const int is = value ? PyObject_IsTrue(value) : 0;
  if (is < 0) return -1;
  as_pending(object)->blocking = is != 0;
  return 0;
}

PyObject* repr(PyObject* object) {
  const Pending* self = as_pending(object);
  // An owner that is about to go is shown no more.
  const bool owned = self->owner && Py_REFCNT(self->owner) > 0;
  if (const Reference owner = Reference::to(owned ? self->owner : nullptr)) {
    return PyObject_Repr(owner.get());
  }
  return PyUnicode_FromFormat("<mtaio operation, %s>", self->cancelled ? "cancelled"
                                                       : self->done    ? "done"
                                                                       : "waiting");
}

int clear(PyObject* object) {
  Pending* self = as_pending(object);
  Py_CLEAR(self->loop);
  Py_CLEAR(self->callback);
  Py_CLEAR(self->context);
  Py_CLEAR(self->more);
  Py_CLEAR(self->message);
  return 0;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  const Pending* self = as_pending(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->loop);
  Py_VISIT(self->callback);
  Py_VISIT(self->context);
  Py_VISIT(self->more);
  Py_VISIT(self->message);
  return 0;
}

void destroy(PyObject* object) {
  PyObject_GC_UnTrack(object);
  clear(object);
  if (as_pending(object)->collected) [[unlikely]] {
    free_object(object);  // it could not be finalized again
  } else {
    gone.keep_or_free(as_pending(object));
  }
}
/// Before anything that it found is taken apart.
void finalize(PyObject* object) { as_pending(object)->collected = true; }

std::array<PyMethodDef, 9> methods{{
    {"get_loop", &get_loop, METH_NOARGS, PyDoc_STR("The event loop.")},
    {"add_done_callback", as_method(&add_done_callback), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("As asyncio.Future.")},
    {"remove_done_callback", &remove_done_callback, METH_O, PyDoc_STR("As asyncio.Future.")},
    {"cancel", as_method(&cancel), METH_FASTCALL | METH_KEYWORDS, PyDoc_STR("As asyncio.Future.")},
    {"result", &result, METH_NOARGS, PyDoc_STR("As asyncio.Future; None.")},
    {"exception", &result, METH_NOARGS, PyDoc_STR("As asyncio.Future; None.")},
    {"done", &is_done, METH_NOARGS, PyDoc_STR("As asyncio.Future.")},
    {"cancelled", &is_cancelled, METH_NOARGS, PyDoc_STR("As asyncio.Future.")},
    {},
}};
std::array<PyGetSetDef, 2> properties{{
    {"_asyncio_future_blocking", &get_blocking, &set_blocking, nullptr, nullptr},
    {},
}};
std::array<PyType_Slot, 9> slots{{
    slot(Py_tp_dealloc, &destroy),
    slot(Py_tp_finalize, &finalize),
    slot(Py_tp_traverse, &traverse),
    slot(Py_tp_clear, &clear),
    slot(Py_tp_repr, &repr),
    {Py_tp_methods, methods.data()},
    {Py_tp_getset, properties.data()},
    {Py_tp_doc, const_cast<char*>("What a task waits for in an operation of mtaio.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.Pending", sizeof(Pending), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                 slots.data()};

}  // namespace

bool Pending::prepare_type() {
  if (!pending_type) pending_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return pending_type != nullptr;
}

Pending* Pending::create(PyObject* loop) {
  Pending* made = gone.make(pending_type);
  if (!made) return nullptr;
  Py_INCREF(loop);
  made->loop = loop;
  made->callback = made->context = made->more = made->message = made->owner = nullptr;
  made->blocking = true;
  made->cancelled = made->done = made->collected = false;
  PyObject_GC_Track(made->object());
  return made;
}

bool Pending::complete(bool at_once) {
  if (done) return true;
  done = true;
  const Reference keep = Reference::to(object());
  return call_all(this, at_once);
}

void Pending::forget(Pending*& pending) noexcept {
  Pending* const old = std::exchange(pending, nullptr);
  if (!old) return;
  old->owner = nullptr;
  if (!old->done && old->callback && !old->collected) [[unlikely]] {
    RaisedError before = RaisedError::fetch();
    if (!old->complete()) PyErr_WriteUnraisable(old->object());
    if (before) std::move(before).restore();
  }
  Py_DECREF(old->object());
}

}  // namespace mtaio::python
