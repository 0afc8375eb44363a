#include "_core/thread_call.hpp"

#include "_core/execution_error.hpp"
#include "_core/executor_object.hpp"
#include "_core/function_call.hpp"
#include "_core/module_state.hpp"
#include "_core/python_threads.hpp"

#include <array>

namespace mtaio::python {
namespace {

struct Type : CallOperationType<Type, ThreadCall> {
  static constexpr const char* kName = "mtaio._core.ThreadCall";
  static constexpr const char* kDoc = "A call in a thread; nothing happens before it is awaited.";

  static const char* owner(const ThreadCall*) noexcept { return "TaskExecutor"; }
  static const char* name(const ThreadCall*) noexcept { return "run_in_thread"; }
  static PyObject* repr(ThreadCall* self) {
    if (self->state == CallState::kEnded) {
      return PyUnicode_FromString("<TaskExecutor.run_in_thread(), done>");
    }
    const Reference function = Reference::to(self->function);
    return PyUnicode_FromFormat("<TaskExecutor.run_in_thread(%R), %s>", function.get(),
                                to_text(self->state));
  }

  static bool start(ThreadCall* self, EventLoop& loop) {
    self->call = FunctionCall::start(*self, loop);
    return self->call != nullptr;
  }
  /// One that has not started never will: abandon() sees to that.
  static bool request_stop(ThreadCall* self) noexcept { return !self->call->waits_for_thread(); }
  static PyObject* take(ThreadCall* self) {
    PyObject* value = self->call->take_result();
    if (value || !self->wraps_errors || self->call->was_refused() ||
        !PyErr_ExceptionMatches(PyExc_Exception)) {
      return value;
    }
    const RaisedError raised = RaisedError::fetch();
    raise_execution_error("function in a thread", raised.get());
    return nullptr;
  }

  static int traverse(ThreadCall* self, visitproc visit, void* arg) {
    Py_VISIT(self->executor);
    Py_VISIT(self->function);
    Py_VISIT(self->arguments);
    Py_VISIT(self->keywords);
    Py_VISIT(self->stop);
    return 0;
  }
  static void leave(ThreadCall* self) noexcept {
    CallOperationType::leave(self);
    Py_CLEAR(self->function);
    Py_CLEAR(self->arguments);
    Py_CLEAR(self->keywords);
    Py_CLEAR(self->executor);
  }
};

/// call_in_thread(executor, function, arguments): errors are not wrapped.
PyObject* call_in_thread(PyObject*, PyObject* const* given, Py_ssize_t count) {
  if (count != 3 || !check_executor(given[0]) || !PyTuple_Check(given[2])) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "call_in_thread() is not for others");
    return nullptr;
  }
  return new_thread_call(given[0], given[1], given[2], nullptr, false);
}

PyObject* finish_threads(PyObject*, PyObject*) {
  PythonThreads::finish();
  Py_RETURN_NONE;
}

std::array<PyMethodDef, 3> functions{{
    {"call_in_thread", as_method(&call_in_thread), METH_FASTCALL,
     PyDoc_STR("As TaskExecutor.run_in_thread(), without the wrapping of errors.")},
    {"finish_threads", &finish_threads, METH_NOARGS,
     PyDoc_STR("Waits for all functions in threads, at the interpreter's exit.")},
    {},
}};

}  // namespace

PyObject* new_thread_call(PyObject* executor, PyObject* function, PyObject* arguments,
                          PyObject* keywords, bool wraps_errors) {
  ThreadCall* made = Type::make();
  if (!made) return nullptr;
  made->executor = Reference::to(executor).release();
  made->function = Reference::to(function).release();
  made->arguments = Reference::to(arguments).release();
  made->keywords = Reference::to(keywords).release();
  made->stop = nullptr;
  made->call = nullptr;
  made->wraps_errors = wraps_errors;
  made->state = CallState::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

bool add_thread_call(PyObject* module) {
  return Type::add_to(module) && PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
