#include "module/threads/thread_call.hpp"

#include "module/errors/execution_error.hpp"
#include "module/executor/executor_object.hpp"
#include "module/threads/function_call.hpp"
#include "module/module_state.hpp"
#include "module/threads/python_threads.hpp"

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
    if (self->gives_pair) return pair_of(Reference::take(value));
    if (value || self->call->was_refused() || !PyErr_ExceptionMatches(PyExc_Exception)) {
      return value;
    }
    const RaisedError raised = RaisedError::fetch();
    raise_execution_error("function in a thread", raised.get());
    return nullptr;
  }
  static PyObject* pair_of(const Reference& value) {
    const RaisedError raised = RaisedError::fetch();
    return PyTuple_Pack(2, value ? value.get() : Py_None, raised ? raised.get() : Py_None);
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

PyObject* finish_threads(PyObject*, PyObject*) {
  PythonThreads::finish();
  Py_RETURN_NONE;
}

std::array<PyMethodDef, 2> functions{{
    {"finish_threads", &finish_threads, METH_NOARGS,
     PyDoc_STR("Waits for all functions in threads, at the interpreter's exit.")},
    {},
}};

}  // namespace

PyObject* new_thread_call(PyObject* executor, PyObject* function, PyObject* arguments,
                          PyObject* keywords, bool gives_pair) {
  ThreadCall* made = Type::make();
  if (!made) return nullptr;
  made->executor = Reference::to(executor).release();
  made->function = Reference::to(function).release();
  made->arguments = Reference::to(arguments).release();
  made->keywords = Reference::to(keywords).release();
  made->stop = nullptr;
  made->call = nullptr;
  made->gives_pair = gives_pair;
  made->state = CallState::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

bool add_thread_call(PyObject* module) {
  return Type::add_to(module) && PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
