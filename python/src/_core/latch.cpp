/// The Python type Latch, and what its methods return.
#include <mtaio/latch.hpp>

#include <mtaio/python/wait.hpp>

#include "_core/module_state.hpp"
#include "bridge/operation.hpp"
#include "bridge/runtime_state.hpp"

#include <structmember.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace mtaio::python {
namespace {

struct LatchObject {
  PyObject_HEAD Latch* latch;
  PyObject* weak_references;
  bool initialised;
};

/// In the list of a latch, until it is open.
class LatchWait final : public lowlevel::Waiter, public Wait {
 public:
  explicit LatchWait(Latch& latch) noexcept : lowlevel::Waiter{&LatchWait::run}, latch_{latch} {}

 private:
  static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
    static_cast<LatchWait&>(job).arrive();
    return std::noop_coroutine();
  }
  bool enlist(EventLoop& loop) noexcept override {
    prepare(loop);
    return latch_.enlist(*this);
  }
  bool claim() noexcept override { return lowlevel::Waiter::claim(); }
  void forget() noexcept override { latch_.forget(*this); }
  void undo() noexcept override {}
  void destroy() noexcept override { delete this; }

  Latch& latch_;
};

struct LatchOperation {
  enum class State : std::uint8_t { kNew, kWaiting, kTimedOut, kEnded };

  PyObject_HEAD LatchObject* latch;
  LatchWait* wait;  // while it waits
  PyObject* timer;  // the loop's handle, while it waits for at most `timeout`
  double timeout;   // infinite: none
  bool counted_down;
  State state;

  static PySendResult resume(LatchOperation* self, PyObject* error, PyObject** result);
  static bool idle(LatchOperation* self) noexcept;
};

using Op = LatchOperation;
using State = Op::State;

PyTypeObject* latch_type = nullptr;
PyTypeObject* operation_type = nullptr;

LatchObject* as_latch(PyObject* object) noexcept { return reinterpret_cast<LatchObject*>(object); }
Op* as_operation(PyObject* object) noexcept { return reinterpret_cast<Op*>(object); }

// --- The operation ---

void leave(Op* self) noexcept {
  self->state = State::kEnded;
  if (PyObject* timer = std::exchange(self->timer, nullptr)) {
    RaisedError before = RaisedError::fetch();
    // Not of interest: that it was the garbage collector's already.
    PyObject* cancelled = PyObject_CallMethodNoArgs(timer, state().name_cancel);
    if (!cancelled) PyErr_Clear();
    Py_XDECREF(cancelled);
    Py_DECREF(timer);
    if (before) std::move(before).restore();
  }
  if (LatchWait* wait = std::exchange(self->wait, nullptr)) wait->abandon();
}

PySendResult fail(Op* self) noexcept {
  leave(self);
  return PYGEN_ERROR;
}

PySendResult give(Op* self, PyObject* value, PyObject** result) noexcept {
  leave(self);
  Py_INCREF(value);
  *result = value;
  return PYGEN_RETURN;
}

/// The loop's call when the time is over.
PyObject* time_out(PyObject* object, PyObject*) {
  Op* self = as_operation(object);
  if (self->state == State::kWaiting && self->wait->claim_back()) {
    self->state = State::kTimedOut;
    if (!self->wait->pending()->complete()) return nullptr;
  }
  Py_RETURN_NONE;
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

bool arm(Op* self, EventLoop& loop) {
  const Reference of = loop.loop();
  const Reference callback =
      Reference::take(PyCFunction_New(&time_out_method, reinterpret_cast<PyObject*>(self)));
  const Reference seconds = Reference::take(PyFloat_FromDouble(self->timeout));
  if (!of || !callback || !seconds) return false;
  self->timer = PyObject_CallMethodObjArgs(of.get(), state().name_call_later, seconds.get(),
                                           callback.get(), nullptr);
  return self->timer != nullptr;
}

PySendResult begin(Op* self, PyObject** result) {
  if (self->counted_down) return give(self, Py_None, result);
  const bool open = self->latch->latch->is_open();
  if (open) return give(self, Py_True, result);
  if (self->timeout <= 0) return give(self, Py_False, result);
  EventLoop* loop = EventLoop::of_running();
  if (!loop) return fail(self);
  const bool armed = std::isinf(self->timeout) || arm(self, *loop);
  if (!armed) {
    loop->release();
    return fail(self);
  }
  self->wait = new LatchWait{*self->latch->latch};
  const Wait::Start start = self->wait->start(*loop, reinterpret_cast<PyObject*>(self));
  loop->release();
  if (start == Wait::Start::kError) return fail(self);
  if (start == Wait::Start::kServed) return give(self, Py_True, result);
  self->state = State::kWaiting;
  *result = self->wait->pending()->object();
  Py_INCREF(*result);
  return PYGEN_NEXT;
}

void destroy_operation(PyObject* object) {
  PyObject_GC_UnTrack(object);
  leave(as_operation(object));
  Py_CLEAR(as_operation(object)->latch);
  forget_stop_iteration();
  PyTypeObject* of = Py_TYPE(object);
  PyObject_GC_Del(object);
  Py_DECREF(of);
}

int traverse_operation(PyObject* object, visitproc visit, void* arg) {
  Op* self = as_operation(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->latch);
  Py_VISIT(self->timer);
  return self->wait ? self->wait->traverse(visit, arg) : 0;
}

int clear_operation(PyObject* object) {
  Py_CLEAR(as_operation(object)->timer);
  leave(as_operation(object));
  return 0;
}

PyObject* repr_operation(PyObject* object) {
  const Op* self = as_operation(object);
  const char* state = self->state == State::kNew     ? "not awaited yet"
                      : self->state == State::kEnded ? "done"
                                                     : "waiting";
  return PyUnicode_FromFormat("<Latch.%s(), %s, of %R>", self->counted_down ? "count_down" : "wait",
                              state, reinterpret_cast<PyObject*>(self->latch));
}

PyObject* get_name(PyObject* object, void*) {
  return PyUnicode_FromString(as_operation(object)->counted_down ? "count_down" : "wait");
}
PyObject* get_qualname(PyObject* object, void*) {
  return PyUnicode_FromString(as_operation(object)->counted_down ? "Latch.count_down"
                                                                 : "Latch.wait");
}

std::array<PyMethodDef, 4> operation_methods{{MTAIO_PYTHON_OPERATION_METHODS(LatchOperation), {}}};
std::array<PyGetSetDef, 3> operation_properties{{
    {"__name__", &get_name, nullptr, nullptr, nullptr},
    {"__qualname__", &get_qualname, nullptr, nullptr, nullptr},
    {},
}};
std::array<PyType_Slot, 12> operation_slots{{
    MTAIO_PYTHON_OPERATION_SLOTS(LatchOperation),
    {Py_tp_dealloc, reinterpret_cast<void*>(&destroy_operation)},
    {Py_tp_traverse, reinterpret_cast<void*>(&traverse_operation)},
    {Py_tp_clear, reinterpret_cast<void*>(&clear_operation)},
    {Py_tp_repr, reinterpret_cast<void*>(&repr_operation)},
    {Py_tp_methods, operation_methods.data()},
    {Py_tp_getset, operation_properties.data()},
    {Py_tp_doc, const_cast<char*>("An operation on a latch; to be awaited once.")},
    {0, nullptr},
}};
PyType_Spec operation_spec{
    "mtaio._core.LatchOperation", sizeof(Op), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    operation_slots.data()};

PyObject* create_operation(LatchObject* latch, double timeout, bool counted_down) {
  auto* made = PyObject_GC_New(Op, operation_type);
  if (!made) return nullptr;
  Py_INCREF(latch);
  made->latch = latch;
  made->wait = nullptr;
  made->timer = nullptr;
  made->timeout = timeout;
  made->counted_down = counted_down;
  made->state = State::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

// --- The latch ---

PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* object = type->tp_alloc(type, 0);
  if (object) as_latch(object)->latch = new Latch{0};
  return object;
}

int initialise(PyObject* object, PyObject* arguments, PyObject* keywords) {
  static std::array<char*, 2> names{const_cast<char*>("count"), nullptr};
  Py_ssize_t count = 0;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "n", names.data(), &count)) return -1;
  if (count < 0) {
    PyErr_Format(PyExc_ValueError,
                 "Latch(%zd): the count cannot be negative; use 0 for an open latch.", count);
    return -1;
  }
  LatchObject* self = as_latch(object);
  if (self->initialised) {
    PyErr_SetString(PyExc_RuntimeError,
                    "Latch.__init__(): the latch was made before; make another one.");
    return -1;
  }
  self->initialised = true;
  delete std::exchange(self->latch, new Latch{count});
  return 0;
}

void destroy(PyObject* object) {
  LatchObject* self = as_latch(object);
  if (self->weak_references) PyObject_ClearWeakRefs(object);
  delete std::exchange(self->latch, nullptr);
  PyTypeObject* of = Py_TYPE(object);
  of->tp_free(object);
  Py_DECREF(of);
}

PyObject* repr(PyObject* object) {
  const std::size_t count = as_latch(object)->latch->get_count();
  return PyUnicode_FromFormat("<Latch at %p count=%zu%s>", static_cast<void*>(object), count,
                              count == 0 ? " open" : "");
}

PyObject* count_down(PyObject* object, PyObject* arguments, PyObject* keywords) {
  static std::array<char*, 2> names{const_cast<char*>("n"), nullptr};
  Py_ssize_t n = 1;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|n", names.data(), &n)) return nullptr;
  if (n < 0) {
    PyErr_Format(PyExc_ValueError,
                 "Latch.count_down(%zd): a latch cannot be counted up; n must be zero or more.", n);
    return nullptr;
  }
  PyObject* result = create_operation(as_latch(object), 0, true);
  if (!result) return nullptr;
  {
    const EventLoop::Calling calling;
    as_latch(object)->latch->count_down(n);
  }
  if (EventLoop::deliver()) return result;
  Py_DECREF(result);
  return nullptr;
}

PyObject* wait(PyObject* object, PyObject* arguments, PyObject* keywords) {
  static std::array<char*, 2> names{const_cast<char*>("timeout"), nullptr};
  PyObject* given = Py_None;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O", names.data(), &given)) {
    return nullptr;
  }
  double timeout = std::numeric_limits<double>::infinity();
  if (given != Py_None) {
    timeout = PyFloat_AsDouble(given);
    if (timeout == -1.0 && PyErr_Occurred()) return nullptr;
    if (std::isnan(timeout)) {
      PyErr_SetString(PyExc_ValueError,
                      "Latch.wait(timeout=nan): a timeout must be a number; use None to wait for "
                      "ever.");
      return nullptr;
    }
  }
  return create_operation(as_latch(object), timeout, false);
}

PyObject* get_count(PyObject* object, PyObject*) {
  return PyLong_FromSize_t(as_latch(object)->latch->get_count());
}

constexpr const char* kDoc = R"(Latch(count)
--

Lets coroutines wait until something has happened count times.

    latch = Latch(3)
    await latch.count_down()        # in three places
    opened = await latch.wait(timeout=5.0)

It may be counted down from any thread and waited for in several event loops. Once at
zero it stays open. A negative count is a ValueError.)";

constexpr const char* kCountDownDoc = R"(count_down($self, /, n=1)
--

Decrease the count by n, at the call; it stops at zero.

The result may be awaited, as in the reference, or ignored. For any thread.)";

constexpr const char* kWaitDoc = R"(wait($self, /, timeout=None)
--

Wait until the count is zero, or for timeout seconds.

To be awaited. Gives True if the count reached zero, False if the time ran out; a timeout
of zero only looks.)";

constexpr const char* kGetCountDoc = R"(get_count($self, /)
--

Return the current count.)";

#define KEYWORDS(function) reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&(function)))

std::array<PyMethodDef, 4> methods{{
    {"count_down", KEYWORDS(count_down), METH_VARARGS | METH_KEYWORDS, kCountDownDoc},
    {"wait", KEYWORDS(wait), METH_VARARGS | METH_KEYWORDS, kWaitDoc},
    {"get_count", &get_count, METH_NOARGS, kGetCountDoc},
    {},
}};
std::array<PyMemberDef, 2> members{{
    {"__weaklistoffset__", T_PYSSIZET, offsetof(LatchObject, weak_references), READONLY, nullptr},
    {},
}};
std::array<PyType_Slot, 8> slots{{
    {Py_tp_new, reinterpret_cast<void*>(&make)},
    {Py_tp_init, reinterpret_cast<void*>(&initialise)},
    {Py_tp_dealloc, reinterpret_cast<void*>(&destroy)},
    {Py_tp_repr, reinterpret_cast<void*>(&repr)},
    {Py_tp_methods, methods.data()},
    {Py_tp_members, members.data()},
    {Py_tp_doc, const_cast<char*>(kDoc)},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio.core.Latch", sizeof(LatchObject), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots.data()};

}  // namespace

PySendResult LatchOperation::resume(LatchOperation* self, PyObject* error, PyObject** result) {
  if (error) {
    Py_INCREF(error);
    RaisedError::raise(error);
    return fail(self);
  }
  switch (self->state) {
    case State::kNew:
      return begin(self, result);
    case State::kTimedOut:
      return give(self, Py_False, result);
    case State::kWaiting:
      if (self->wait->arrived()) return give(self, Py_True, result);
      PyErr_SetString(PyExc_RuntimeError, "Latch.wait() was resumed before it was ready");
      return PYGEN_ERROR;
    case State::kEnded:
      break;
  }
  PyErr_SetString(PyExc_RuntimeError, "cannot reuse an already awaited operation of a Latch");
  return PYGEN_ERROR;
}

bool LatchOperation::idle(LatchOperation* self) noexcept {
  if (self->state == State::kWaiting || self->state == State::kTimedOut) return false;
  leave(self);
  return true;
}

bool add_latch(PyObject* module) {
  if (!latch_type) latch_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (!operation_type) operation_type = make_operation_type(operation_spec);
  return latch_type && operation_type && PyModule_AddType(module, latch_type) == 0 &&
         PyModule_AddType(module, operation_type) == 0;
}

}  // namespace mtaio::python
