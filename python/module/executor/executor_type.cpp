#include "module/executor/executor_type.hpp"

#include "bridge/type_tables.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/executor/executor_docs.hpp"
#include "module/executor/run_operation.hpp"
#include "module/gather/gather_operation.hpp"
#include "module/gather/gather_options.hpp"
#include "module/method/arguments.hpp"
#include "module/method/async_method.hpp"
#include "module/threads/executor_object.hpp"
#include "module/threads/thread_operation.hpp"

#include <structmember.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace mtaio::python {
namespace {

PyTypeObject* type = nullptr;

bool check_open(PyObject* executor, const char* member) {
  if (as_executor(executor)->closed == 0) return true;
  PyErr_Format(PyExc_RuntimeError, "TaskExecutor.%s(): the executor was closed; make another one.",
               member);
  return false;
}

/// Closes awaitables that were handed over to a call which has failed.
void close_all(PyObject* const* given, Py_ssize_t count) noexcept {
  for (Py_ssize_t i = 0; i < count; ++i) close_unstarted(given[i]);
}

/// run(coro, *, timeout=None)
PyObject* run(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr const char* kCall = "TaskExecutor.run";
  static constexpr std::array<const char*, 2> kNames{"coro", "timeout"};
  std::array<PyObject*, 2> places{};
  if (sort_arguments(kCall, {kNames, 1, 1}, given, count, keywords, places) &&
      check_open(self, "run")) {
    if (is_awaitable(places[0])) {
      const double seconds = parse_seconds(places[1] ? places[1] : Py_None, kCall, "timeout");
      if (!std::isnan(seconds)) return RunOperation::create(places[0], seconds);
    } else {
      PyErr_Format(PyExc_TypeError,
                   "TaskExecutor.run(): %s %.100s cannot be awaited; pass a coroutine, a future or "
                   "a task.",
                   article(places[0]), Py_TYPE(places[0])->tp_name);
    }
  }
  close_all(given, count + (keywords ? PyTuple_GET_SIZE(keywords) : 0));
  return nullptr;
}

/// gather(*coroutines, **options). It takes a tuple, because a call with very many arguments has
/// made one already.
PyObject* gather(PyObject* self, PyObject* given, PyObject* keywords) {
  CoroutineSource source;
  GatherOptions options;
  if (check_open(self, "gather") && parse_options(keywords, "TaskExecutor.gather", options) &&
      source.fill(given)) {
    return GatherOperation::create(self, std::move(source), options);
  }
  close_all(reinterpret_cast<PyTupleObject*>(given)->ob_item, PyTuple_GET_SIZE(given));
  return nullptr;
}

/// run_in_thread(function, /, *arguments, **keywords)
PyObject* run_in_thread(PyObject* self, PyObject* arguments, PyObject* keywords) {
  if (!check_open(self, "run_in_thread")) return nullptr;
  const Py_ssize_t count = PyTuple_GET_SIZE(arguments);
  if (count == 0) {
    PyErr_SetString(PyExc_TypeError,
                    "TaskExecutor.run_in_thread() missing 1 required positional argument: 'func'");
    return nullptr;
  }
  PyObject* function = PyTuple_GET_ITEM(arguments, 0);
  if (!PyCallable_Check(function)) {
    PyErr_Format(PyExc_TypeError, "TaskExecutor.run_in_thread(): %s %.100s cannot be called.",
                 article(function), Py_TYPE(function)->tp_name);
    return nullptr;
  }
  const Reference rest = Reference::take(PyTuple_GetSlice(arguments, 1, count));
  if (!rest) return nullptr;
  if (!has_own_pool(self)) {
    return ThreadOperation::create(self, function, rest.get(), keywords, false);
  }
  return PyObject_CallMethod(self, "_run_in_pool", "OOO", function, rest.get(),
                             keywords ? keywords : Py_None);
}

int clear(PyObject* object) {
  Py_CLEAR(as_executor(object)->pool);
  return 0;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_executor(object)->pool);
  return 0;
}

void destroy(PyObject* object) {
  PyObject_GC_UnTrack(object);
  clear(object);
  free_object(object);
}

std::array<PyMethodDef, 4> methods{{
    {"run", as_method(&run), METH_FASTCALL | METH_KEYWORDS, kRunDoc},
    {"gather", as_method(&gather), METH_VARARGS | METH_KEYWORDS, kGatherDoc},
    {"run_in_thread", as_method(&run_in_thread), METH_VARARGS | METH_KEYWORDS, kRunInThreadDoc},
    {},
}};
std::array<PyMemberDef, 5> members{{
    {"_calls", T_PYSSIZET, offsetof(ExecutorObject, calls), READONLY,
     "Functions in threads that have not returned."},
    {"_watched", T_BOOL, offsetof(ExecutorObject, watched), 0,
     "Whether to call _calls_ended() when there are none left."},
    {"_closed", T_BOOL, offsetof(ExecutorObject, closed), 0, "Whether it was closed."},
    {"_pool", T_OBJECT, offsetof(ExecutorObject, pool), 0, "The pool that was passed in."},
    {},
}};
std::array<PyType_Slot, 7> slots{{
    slot(Py_tp_dealloc, &destroy),
    slot(Py_tp_traverse, &traverse),
    slot(Py_tp_clear, &clear),
    {Py_tp_methods, methods.data()},
    {Py_tp_members, members.data()},
    {Py_tp_doc, const_cast<char*>("The base of TaskExecutor.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.ExecutorBase", sizeof(ExecutorObject), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots.data()};

}  // namespace

bool check_executor(PyObject* object) {
  if (PyObject_TypeCheck(object, type)) return true;
  PyErr_SetString(PyExc_TypeError, "not a TaskExecutor");
  return false;
}

bool add_executor(PyObject* module) {
  if (!type) {
    type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    if (type && !make_async(type, {"run", "gather", "run_in_thread"})) return false;
  }
  return type && PyModule_AddType(module, type) == 0;
}

}  // namespace mtaio::python
