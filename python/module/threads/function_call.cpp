#include "module/threads/function_call.hpp"

#include "module/executor/executor_object.hpp"

#include <array>
#include <utility>

namespace mtaio::python {

FunctionCall::FunctionCall(ThreadCall& of) noexcept
    : OutsideCall{&FunctionCall::arrive},
      executor_{Object::to(of.executor)},
      function_{Object::to(of.function)},
      arguments_{Object::to(of.arguments)},
      keywords_{Object::to(of.keywords)} {}

FunctionCall* FunctionCall::start(ThreadCall& of, EventLoop& loop) {
  auto* call = new FunctionCall{of};
  call->context_ = Object::take(PyContext_CopyCurrent());
  call->hold();  // for the thread
  if (!call->context_ || !call->prepare(loop, reinterpret_cast<PyObject*>(&of)) ||
      !PythonThreads::submit(*call, loop)) {
    delete call;
    return nullptr;
  }
  ++as_executor(call->executor_.get())->calls;
  return call;
}

PyObject* FunctionCall::take_result() noexcept {
  if (result_) return result_.release();
  RaisedError::raise(error_.release());
  return nullptr;
}

void FunctionCall::abandon() noexcept {
  forget_pending();
  if (PythonThreads::withdraw(*this)) {
    count_ended();
    let_go();
  }
  let_go();
}

void FunctionCall::call() {
  const std::array<PyObject*, 2> before{context_.get(), function_.get()};
  PyObject* keywords = keywords_.get();
  PyObject* result = nullptr;
  if (PyContext_Enter(before[0]) == 0) {
    result = PyObject_Call(before[1], arguments_.get(), keywords);
    RaisedError raised = RaisedError::fetch();
    if (PyContext_Exit(before[0]) < 0) PyErr_WriteUnraisable(before[0]);
    if (raised) std::move(raised).restore();
  }
  if (result) {
    result_ = Object::take(result);
  } else {
    RaisedError raised = RaisedError::fetch();
    error_ = Object::to(raised.get());
  }
  // What the function was given goes where it ran. Not the context: the loop made it, and knows
  // what is beside it in memory.
  for (Object* each : {&function_, &arguments_, &keywords_}) *each = Object{};
}

void FunctionCall::refused(PyObject* error) noexcept {
  refused_ = true;
  error_ = Object::to(error);
  come_back();
}

std::coroutine_handle<> FunctionCall::arrive(lowlevel::Job& job) noexcept {
  auto& self = static_cast<FunctionCall&>(job);
  if (!self.loop_closed()) self.count_ended();
  return OutsideCall::arrive(job);
}

void FunctionCall::count_ended() noexcept {
  ExecutorObject* executor = as_executor(executor_.get());
  if (--executor->calls > 0 || executor->watched == 0) return;
  RaisedError before = RaisedError::fetch();
  PyObject* told = PyObject_CallMethod(executor_.get(), "_calls_ended", nullptr);
  if (!told) PyErr_WriteUnraisable(executor_.get());
  Py_XDECREF(told);
  if (before) std::move(before).restore();
}

}  // namespace mtaio::python
