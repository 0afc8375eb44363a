#include "_core/executor_object.hpp"

#include "_core/gathering.hpp"
#include "_core/module_state.hpp"
#include "bridge/runtime_state.hpp"

#include <structmember.h>

#include <array>
#include <cstddef>
#include <new>
#include <unordered_map>
#include <utility>

namespace mtaio::python {
namespace {

PyTypeObject* type = nullptr;

/// The limit that was asked for; 0 with an exception set.
Py_ssize_t parse_limit(PyObject* limit, const char* member) {
  if (limit == Py_None) return Gathering::kNoLimit;
  const Py_ssize_t value = PyNumber_AsSsize_t(limit, nullptr);
  if (value == -1 && PyErr_Occurred()) return 0;
  if (value >= 1) return value;
  PyErr_Format(PyExc_ValueError,
               "TaskExecutor.%s(limit=%S): a limit must be at least 1; use None for no limit.",
               member, limit);
  return 0;
}

/// gather(executor, coroutines, limit, return_exceptions)
PyObject* gather(PyObject*, PyObject* const* given, Py_ssize_t count) {
  if (count != 4 || !check_executor(given[0]) || !PyTuple_Check(given[1])) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "gather() is not for others");
    return nullptr;
  }
  PyObject* coroutines = given[1];
  Gathering::Source source;
  const auto total = static_cast<std::size_t>(PyTuple_GET_SIZE(coroutines));
  const Py_ssize_t limit = parse_limit(given[2], "gather");
  const int return_exceptions = limit > 0 ? PyObject_IsTrue(given[3]) : -1;
  if (return_exceptions < 0) return nullptr;
  for (std::size_t i = 0; i < total; ++i) {
    PyObject* each = PyTuple_GET_ITEM(coroutines, static_cast<Py_ssize_t>(i));
    if (is_awaitable(each)) continue;
    PyErr_Format(PyExc_TypeError,
                 "TaskExecutor.gather(): argument %zu is a %.100s, which cannot be awaited; "
                 "pass coroutines, futures or tasks.",
                 i + 1, Py_TYPE(each)->tp_name);
    return nullptr;
  }
  try {
    source.given.reserve(total);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  std::unordered_map<PyObject*, Py_ssize_t> seen;
  for (Py_ssize_t i = 0; i < static_cast<Py_ssize_t>(total); ++i) {
    PyObject* each = PyTuple_GET_ITEM(coroutines, i);
    // One that only the tuple refers to is not there twice.
    if (Py_REFCNT(each) > 1) {
      const auto [at, first] = seen.try_emplace(each, i);
      if (!first) {
        source.copies.emplace_back(i, at->second);
        source.given.push_back(nullptr);
        continue;
      }
    }
    Py_INCREF(each);
    source.given.push_back(each);
  }
  return reinterpret_cast<PyObject*>(
      Gathering::create(given[0], std::move(source), limit, return_exceptions != 0));
}

/// map(executor, function, iterators, asynchronous iterator or None, limit, return_exceptions)
PyObject* map(PyObject*, PyObject* const* given, Py_ssize_t count) {
  if (count != 6 || !check_executor(given[0]) || !PyTuple_Check(given[2])) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "map() is not for others");
    return nullptr;
  }
  const Py_ssize_t limit = parse_limit(given[4], "map");
  const int return_exceptions = limit > 0 ? PyObject_IsTrue(given[5]) : -1;
  if (return_exceptions < 0) return nullptr;
  Gathering::Source source;
  source.function = Reference::to(given[1]).release();
  if (given[3] != Py_None) {
    source.async_iterator = Reference::to(given[3]).release();
  } else {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given[2]); ++i) {
      source.iterators.push_back(Reference::to(PyTuple_GET_ITEM(given[2], i)).release());
    }
    source.exhausted = source.iterators.empty();
  }
  return reinterpret_cast<PyObject*>(
      Gathering::create(given[0], std::move(source), limit, return_exceptions != 0));
}

PyObject* close_coroutine(PyObject*, PyObject* awaitable) {
  close_unstarted(awaitable);
  Py_RETURN_NONE;
}
PyObject* can_be_awaited(PyObject*, PyObject* object) {
  return PyBool_FromLong(is_awaitable(object) ? 1 : 0);
}

#define FAST(function) reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&(function)))

std::array<PyMethodDef, 5> functions{{
    {"gather", FAST(gather), METH_FASTCALL,
     PyDoc_STR("What TaskExecutor.gather() returns.")},
    {"map", FAST(map), METH_FASTCALL, PyDoc_STR("What TaskExecutor.map() returns.")},
    {"close_unstarted", &close_coroutine, METH_O,
     PyDoc_STR("Closes a coroutine that will not be run.")},
    {"is_awaitable", &can_be_awaited, METH_O, PyDoc_STR("Whether an object can be awaited.")},
    {},
}};

void destroy(PyObject* object) {
  PyTypeObject* of = Py_TYPE(object);
  of->tp_free(object);
  Py_DECREF(of);
}

std::array<PyMemberDef, 3> members{{
    {"_calls", T_PYSSIZET, offsetof(ExecutorObject, calls), READONLY,
     "Functions in threads that have not returned."},
    {"_watched", T_BOOL, offsetof(ExecutorObject, watched), 0,
     "Whether to call _calls_ended() when there are none left."},
    {},
}};
std::array<PyType_Slot, 4> slots{{
    {Py_tp_dealloc, reinterpret_cast<void*>(&destroy)},
    {Py_tp_members, members.data()},
    {Py_tp_doc, const_cast<char*>("The base of TaskExecutor.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.ExecutorBase", sizeof(ExecutorObject), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots.data()};

}  // namespace

ExecutorObject* as_executor(PyObject* object) noexcept {
  return reinterpret_cast<ExecutorObject*>(object);
}

bool check_executor(PyObject* object) {
  if (PyObject_TypeCheck(object, type)) return true;
  PyErr_SetString(PyExc_TypeError, "not a TaskExecutor");
  return false;
}

bool add_executor(PyObject* module) {
  if (!type) type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return type && PyModule_AddType(module, type) == 0 &&
         PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
