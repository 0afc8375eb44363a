#include <mtaio/python/operation_future.hpp>

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/future_callbacks.hpp"
#include "bridge/type_tables.hpp"

#include <array>
#include <utility>

namespace mtaio::python {
namespace {

PyTypeObject* future_type = nullptr;

FreeList<OperationFuture, 256> gone;

OperationFuture* as_future(PyObject* object) noexcept {
  return static_cast<OperationFuture*>(object);
}

/// Adds a callback that is not the first.
bool add_further(OperationFuture* self, PyObject* callback, PyObject* context) {
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
  OperationFuture* self = as_future(object);
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
  OperationFuture* self = as_future(object);
  long removed = 0;
  // A comparison may run any code, which may remove the callback that was compared.
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
  OperationFuture* self = as_future(object);
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
  const OperationFuture* self = as_future(object);
  if (self->cancelled) {
    const Reference error =
        Reference::take(self->message ? PyObject_CallOneArg(cached().cancelled_error, self->message)
                                      : PyObject_CallNoArgs(cached().cancelled_error));
    if (error) PyErr_SetObject(cached().cancelled_error, error.get());
    return nullptr;
  }
  if (!self->done) {
    PyErr_SetString(cached().invalid_state_error, "Result is not ready.");
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* get_loop(PyObject* object, PyObject*) {
  Py_INCREF(as_future(object)->loop);
  return as_future(object)->loop;
}
PyObject* is_done(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_future(object)->done ? 1 : 0);
}
PyObject* is_cancelled(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_future(object)->cancelled ? 1 : 0);
}

PyObject* get_blocking(PyObject* object, void*) {
  return PyBool_FromLong(as_future(object)->blocking ? 1 : 0);
}
int set_blocking(PyObject* object, PyObject* value, void*) {
  const int truth = value ? PyObject_IsTrue(value) : 0;
  if (truth < 0) return -1;
  as_future(object)->blocking = truth != 0;
  return 0;
}

PyObject* repr(PyObject* object) {
  const OperationFuture* self = as_future(object);
  // An owner that is being destroyed is not shown.
  const bool owned = self->owner && Py_REFCNT(self->owner) > 0;
  if (const Reference owner = Reference::to(owned ? self->owner : nullptr)) {
    return PyObject_Repr(owner.get());
  }
  return PyUnicode_FromFormat("<mtaio operation, %s>", self->cancelled ? "cancelled"
                                                       : self->done    ? "done"
                                                                       : "waiting");
}

int clear(PyObject* object) {
  OperationFuture* self = as_future(object);
  Py_CLEAR(self->loop);
  Py_CLEAR(self->callback);
  Py_CLEAR(self->context);
  Py_CLEAR(self->more);
  Py_CLEAR(self->message);
  return 0;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  const OperationFuture* self = as_future(object);
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
  if (as_future(object)->collected) [[unlikely]] {
    free_object(object);  // it could not be finalized again
  } else {
    gone.keep_or_free(as_future(object));
  }
}
/// The garbage collector calls this before it clears any of the garbage.
void finalize(PyObject* object) { as_future(object)->collected = true; }

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
    {Py_tp_doc, const_cast<char*>("What the task that awaits an operation of mtaio waits for.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.OperationFuture", sizeof(OperationFuture), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                 slots.data()};

}  // namespace

bool OperationFuture::prepare_type() {
  if (!future_type) future_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return future_type != nullptr;
}

OperationFuture* OperationFuture::create(PyObject* loop, PyObject* owner) {
  OperationFuture* made = gone.make(future_type);
  if (!made) return nullptr;
  made->loop = Py_NewRef(loop);
  made->owner = owner;
  made->callback = made->context = made->more = made->message = nullptr;
  made->blocking = true;
  made->cancelled = made->done = made->collected = false;
  PyObject_GC_Track(made);
  return made;
}

bool OperationFuture::complete(bool immediately) {
  if (done) return true;
  done = true;
  const Reference keep = Reference::to(this);
  return call_all(this, immediately);
}

void OperationFuture::drop(OperationFuture*& future) noexcept {
  OperationFuture* const dropped = std::exchange(future, nullptr);
  if (!dropped) return;
  dropped->owner = nullptr;
  if (!dropped->done && dropped->callback && !dropped->collected) [[unlikely]] {
    const PreservedError preserved;
    if (!dropped->complete()) PyErr_WriteUnraisable(dropped);
  }
  Py_DECREF(dropped);
}

}  // namespace mtaio::python
