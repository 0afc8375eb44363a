#include "module/threads/thread_operation.hpp"

#include <mtaio/python/raised_error.hpp>

#include "module/errors/execution_error.hpp"
#include "module/threads/function_call.hpp"
#include "module/threads/python_threads.hpp"

#include <array>

namespace mtaio::python {
namespace {

struct ThreadOperationType : CallOperationType<ThreadOperationType, ThreadOperation> {
  static constexpr const char* kName = "mtaio._core.ThreadOperation";
  static constexpr const char* kDoc = "A call in a thread; nothing happens before it is awaited.";

  static const char* owner(const ThreadOperation*) noexcept { return "TaskExecutor"; }
  static const char* name(const ThreadOperation*) noexcept { return "run_in_thread"; }
  static PyObject* repr(ThreadOperation* self) {
    if (self->state == OperationState::kEnded) {
      return PyUnicode_FromString("<TaskExecutor.run_in_thread(), done>");
    }
    const Reference function = Reference::to(self->function);
    return PyUnicode_FromFormat("<TaskExecutor.run_in_thread(%R), %s>", function.get(),
                                state_text(self));
  }

  static bool start(ThreadOperation* self, EventLoop& loop) {
    self->call = FunctionCall::start(*self, loop);
    return self->call != nullptr;
  }
  /// A function that waits for a thread need not be waited for: abandon() withdraws it.
  static bool request_stop(ThreadOperation* self) noexcept {
    return !self->call->waits_for_thread();
  }
  static PyObject* take(ThreadOperation* self) {
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

  static int traverse(ThreadOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->executor);
    Py_VISIT(self->function);
    Py_VISIT(self->arguments);
    Py_VISIT(self->keywords);
    Py_VISIT(self->stop);
    return 0;
  }
  static void leave(ThreadOperation* self) noexcept {
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

PyObject* ThreadOperation::create(PyObject* executor, PyObject* function, PyObject* arguments,
                                  PyObject* keywords, bool gives_pair) {
  return ThreadOperationType::create([&](ThreadOperation& self) {
    self.gives_pair = gives_pair;
    self.executor = Py_NewRef(executor);
    self.function = Py_NewRef(function);
    self.arguments = Py_NewRef(arguments);
    self.keywords = Py_XNewRef(keywords);
  });
}

bool add_thread_operation(PyObject* module) {
  return ThreadOperationType::add_to(module) &&
         PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
