#include "module/executor/executor_object.hpp"

#include "module/method/arguments.hpp"
#include "module/method/async_method.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/gather/gather_options.hpp"
#include "module/gather/gathering.hpp"
#include "module/module_state.hpp"
#include "module/executor/run_operation.hpp"
#include "module/threads/thread_call.hpp"
#include "bridge/forgotten.hpp"
#include "bridge/type_tables.hpp"

#include <structmember.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <new>
#include <unordered_map>
#include <utility>

namespace mtaio::python {
namespace {

PyTypeObject* type = nullptr;

/// What gather() was given; false with an exception set.
bool fill(CoroutineSource& source, PyObject* given) {
  const Py_ssize_t count = PyTuple_GET_SIZE(given);
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* each = PyTuple_GET_ITEM(given, i);
    if (is_awaitable(each)) continue;
    PyErr_Format(PyExc_TypeError,
                 "TaskExecutor.gather(): argument %zd is %s %.100s, which cannot be awaited; pass "
                 "coroutines, futures or tasks.",
                 i + 1, article(each), Py_TYPE(each)->tp_name);
    return false;
  }
  std::unordered_map<PyObject*, Py_ssize_t> seen;
  try {
    source.given.reserve(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
      PyObject* each = PyTuple_GET_ITEM(given, i);
      // One that only the caller's tuple refers to is not there twice.
      if (Py_REFCNT(each) > 1) {
        const auto [at, first] = seen.try_emplace(each, i);
        if (!first) {
          source.copies.emplace_back(i, at->second);
          source.given.push_back(nullptr);
          continue;
        }
      }
      source.given.push_back(each);
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  for (PyObject* each : source.given) Py_XINCREF(each);
  return true;
}

/// Closes what was handed over, in vain.
void close_all(PyObject* const* given, Py_ssize_t count) noexcept {
  for (Py_ssize_t i = 0; i < count; ++i) close_unstarted(given[i]);
}

/// run(coro, *, timeout=None)
PyObject* run(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr const char* kCall = "TaskExecutor.run";
  static constexpr std::array<const char*, 2> kNames{"coro", "timeout"};
  std::array<PyObject*, 2> places{};
  if (sort_arguments(kCall, {kNames, 1, 1}, given, count, keywords, places) &&
      check_open(as_executor(self), "run")) {
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

/// gather(*coroutines, **options). A tuple, because that is what a call with so many arguments that
/// their memory counts has made of them.
PyObject* gather(PyObject* self, PyObject* given, PyObject* keywords) {
  CoroutineSource source;
  GatherOptions options;
  if (check_open(as_executor(self), "gather") &&
      parse_options(keywords, "TaskExecutor.gather", options) && fill(source, given)) {
    return reinterpret_cast<PyObject*>(Gathering::create(self, std::move(source), options));
  }
  close_all(reinterpret_cast<PyTupleObject*>(given)->ob_item, PyTuple_GET_SIZE(given));
  return nullptr;
}

/// run_in_thread(function, /, *arguments, **keywords)
PyObject* run_in_thread(PyObject* self, PyObject* arguments, PyObject* keywords) {
  if (!check_open(as_executor(self), "run_in_thread")) return nullptr;
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
  const PyObject* pool = as_executor(self)->pool;
  if (!pool || pool == Py_None) {
    return new_thread_call(self, function, rest.get(), keywords, false);
  }
  return PyObject_CallMethod(self, "_run_in_pool", "OOO", function, rest.get(),
                             keywords ? keywords : Py_None);
}

/// map(executor, function, where, iterators, asynchronous iterator or None, options): `where` the
/// function is called is "loop", "thread", or "lambda": in a thread until that gives an awaitable.
PyObject* map(PyObject*, PyObject* const* given, Py_ssize_t count) {
  if (count != 6 || !check_executor(given[0]) || !PyUnicode_Check(given[2]) ||
      !PyTuple_Check(given[3]) || !PyDict_Check(given[5])) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "map() is not for others");
    return nullptr;
  }
  GatherOptions options;
  if (!parse_options(given[5], "TaskExecutor.map", options)) return nullptr;
  CoroutineSource source;
  source.function = Py_NewRef(given[1]);
  if (PyUnicode_CompareWithASCIIString(given[2], "loop") != 0) {
    source.executor = Py_NewRef(given[0]);
    source.may_give_awaitables = PyUnicode_CompareWithASCIIString(given[2], "lambda") == 0;
  }
  if (given[4] != Py_None) {
    source.async_iterator = Py_NewRef(given[4]);
  } else {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given[3]); ++i) {
      source.iterators.push_back(Py_NewRef(PyTuple_GET_ITEM(given[3], i)));
    }
    source.exhausted = source.iterators.empty();
    source.estimate_length();
  }
  return reinterpret_cast<PyObject*>(Gathering::create(given[0], std::move(source), options));
}

/// parse_seconds(value, call, name)
PyObject* seconds(PyObject*, PyObject* const* given, Py_ssize_t count) {
  const char* call = count == 3 ? PyUnicode_AsUTF8(given[1]) : "parse_seconds";
  const char* name = count == 3 ? PyUnicode_AsUTF8(given[2]) : nullptr;
  if (!call || !name) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "parse_seconds() takes 3 arguments");
    return nullptr;
  }
  const double value = parse_seconds(given[0], call, name);
  return std::isnan(value) ? nullptr : PyFloat_FromDouble(value);
}

PyObject* close_coroutine(PyObject*, PyObject* awaitable) {
  close_unstarted(awaitable);
  Py_RETURN_NONE;
}
PyObject* can_be_awaited(PyObject*, PyObject* object) {
  return PyBool_FromLong(is_awaitable(object) ? 1 : 0);
}

PyObject* forgotten(PyObject*, PyObject* operation) {
  if (warns_of_forgotten()) warn_of_forgotten(operation, 2);  // past the caller, its __del__()
  Py_RETURN_NONE;
}

std::array<PyMethodDef, 6> functions{{
    {"parse_seconds", as_method(&seconds), METH_FASTCALL,
     PyDoc_STR("A time in seconds, infinite for None.")},
    {"map", as_method(&map), METH_FASTCALL, PyDoc_STR("What TaskExecutor.map() returns.")},
    {"close_unstarted", &close_coroutine, METH_O,
     PyDoc_STR("Closes a coroutine that will not be run.")},
    {"warn_of_forgotten", &forgotten, METH_O,
     PyDoc_STR("An operation goes that was never awaited.")},
    {"is_awaitable", &can_be_awaited, METH_O, PyDoc_STR("Whether an object can be awaited.")},
    {},
}};

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

constexpr const char* kRunDoc = R"(run($self, coro, *, timeout=None)
--

Run a single coroutine, for at most timeout seconds.

To be awaited; gives the result of the coroutine. Raises TimeoutError when the time ran
out, and ExecutionError around anything else that the coroutine raised, an inner
TimeoutError too. A coroutine that is timed out is cancelled and waited for; with a
timeout of zero or less it is never started, but a future or a task is cancelled and
waited for. What ends with a result nonetheless, or was done before, gives its result.)";

constexpr const char* kGatherDoc =
    R"(gather($self, /, *coroutines, limit=None, timeout=None, task_timeout=None, progress=None,
       return_exceptions=False)
--

Run coroutines, at most limit at a time; give a list of their results, in order.

To be awaited. When one fails, no further one starts, those that run are cancelled, all
are waited for, and ExecutionError is raised: its __cause__ is the first exception, index
the position of its coroutine. With return_exceptions all of them run, and exceptions
stand in the list.

timeout is in seconds, or a timedelta, and holds for all of it: TimeoutError when it has
run out, with where the coroutines were as its __cause__; with return_exceptions the list
has a TimeoutError for each that had not ended. task_timeout holds for each coroutine: a
TimeoutError is its failure. progress is a Progress, or a function that is called with 1
for each coroutine that has ended, such as the update() of a tqdm bar.

Futures and tasks are fine too. What does not start is closed, or cancelled and waited for
if it is a future.)";

constexpr const char* kRunInThreadDoc = R"(run_in_thread($self, func, /, *args, **kwargs)
--

Call a function in a thread, with the caller's context variables.

To be awaited; gives the function's result. What the function raises is the __cause__ of
an ExecutionError. When it is cancelled it waits until the function has returned, which
may use what the caller has; a function that has not started by then never does.

There are min(32, cores + 4) threads, started when they are needed and shared by all
executors of the process; further calls wait their turn. TaskExecutor(thread_pool=...)
uses another pool, of any size.)";

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

ExecutorObject* as_executor(PyObject* object) noexcept {
  return reinterpret_cast<ExecutorObject*>(object);
}

bool check_open(ExecutorObject* self, const char* member) {
  if (self->closed == 0) return true;
  PyErr_Format(PyExc_RuntimeError, "TaskExecutor.%s(): the executor was closed; make another one.",
               member);
  return false;
}

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
  return type && PyModule_AddType(module, type) == 0 &&
         PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
