#include "module/latch/latch_object.hpp"

#include "bridge/type_tables.hpp"
#include "module/latch/latch_operation.hpp"
#include "module/method/arguments.hpp"
#include "module/method/async_method.hpp"

#include <structmember.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace mtaio::python {
namespace {

PyTypeObject* latch_type = nullptr;

LatchObject* as_latch(PyObject* object) noexcept { return reinterpret_cast<LatchObject*>(object); }

PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* object = type->tp_alloc(type, 0);
  if (object) as_latch(object)->latch = new Latch{0};
  return object;
}

int initialise(PyObject* object, PyObject* arguments, PyObject* keywords) {
  static constexpr std::array<const char*, 1> kNames{"count"};
  std::array<PyObject*, 1> places{};
  Py_ssize_t count = 0;
  if (!sort_arguments("Latch", {kNames, 1, 1}, arguments, keywords, places) ||
      !parse_integer(places[0], "Latch", "count", "a count is an integer", count)) {
    return -1;
  }
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
  free_object(object);
}

PyObject* repr(PyObject* object) {
  const std::size_t count = as_latch(object)->latch->get_count();
  return PyUnicode_FromFormat("<Latch at %p count=%zu%s>", static_cast<void*>(object), count,
                              count == 0 ? " open" : "");
}

PyObject* count_down(PyObject* object, PyObject* const* arguments, Py_ssize_t count,
                     PyObject* keywords) {
  static constexpr const char* kCall = "Latch.count_down";
  static constexpr std::array<const char*, 1> kNames{"n"};
  std::array<PyObject*, 1> places{};
  Py_ssize_t n = 1;
  if (!sort_arguments(kCall, {kNames, 1, 0}, arguments, count, keywords, places) ||
      (places[0] && !parse_integer(places[0], kCall, "n", "n is an integer", n))) {
    return nullptr;
  }
  if (n < 0) {
    PyErr_Format(PyExc_ValueError,
                 "Latch.count_down(%zd): a latch cannot be counted up; n must be zero or more.", n);
    return nullptr;
  }
  PyObject* result = LatchOperation::create_count_down(as_latch(object));
  if (!result) return nullptr;
  {
    const EventLoop::Batch batch;
    as_latch(object)->latch->count_down(n);
  }
  if (EventLoop::flush()) return result;
  Py_DECREF(result);
  return nullptr;
}

PyObject* wait(PyObject* object, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  static constexpr const char* kCall = "Latch.wait";
  static constexpr std::array<const char*, 1> kNames{"timeout"};
  std::array<PyObject*, 1> places{};
  if (!sort_arguments(kCall, {kNames, 1, 0}, arguments, count, keywords, places)) return nullptr;
  const double timeout = parse_seconds(places[0] ? places[0] : Py_None, kCall, "timeout");
  if (std::isnan(timeout)) return nullptr;
  return LatchOperation::create_wait(as_latch(object), timeout);
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

Any thread may count it down, and several event loops may wait for it. When the count is
zero, it stays open. A negative count is a ValueError.)";

constexpr const char* kCountDownDoc = R"(count_down($self, /, n=1)
--

Decrease the count by n, at the call; it stops at zero.

The result may be awaited or ignored. For any thread.)";

constexpr const char* kWaitDoc = R"(wait($self, /, timeout=None)
--

Wait until the count is zero, or for timeout seconds.

To be awaited. Gives True if the count reached zero, False if the time ran out. With a
timeout of zero it does not wait.)";

constexpr const char* kGetCountDoc = R"(get_count($self, /)
--

Return the current count.)";

std::array<PyMethodDef, 4> methods{{
    {"count_down", as_method(&count_down), METH_FASTCALL | METH_KEYWORDS, kCountDownDoc},
    {"wait", as_method(&wait), METH_FASTCALL | METH_KEYWORDS, kWaitDoc},
    {"get_count", &get_count, METH_NOARGS, kGetCountDoc},
    {},
}};
std::array<PyMemberDef, 2> members{{
    {"__weaklistoffset__", T_PYSSIZET, offsetof(LatchObject, weak_references), READONLY, nullptr},
    {},
}};
std::array<PyType_Slot, 8> slots{{
    slot(Py_tp_new, &make),
    slot(Py_tp_init, &initialise),
    slot(Py_tp_dealloc, &destroy),
    slot(Py_tp_repr, &repr),
    {Py_tp_methods, methods.data()},
    {Py_tp_members, members.data()},
    {Py_tp_doc, const_cast<char*>(kDoc)},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio.core.Latch", sizeof(LatchObject), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots.data()};

}  // namespace

bool add_latch(PyObject* module) {
  if (!latch_type) {
    latch_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    // Not count_down(): it takes effect at the call, so that it may be a callback of a loop, which
    // refuses async functions.
    if (latch_type && !make_async(latch_type, {"wait"})) return false;
  }
  return latch_type && PyModule_AddType(module, latch_type) == 0;
}

}  // namespace mtaio::python
