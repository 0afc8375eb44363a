#include "module/threads/function_call.hpp"

#include <mtaio/python/raised_error.hpp>

#include "module/threads/executor_object.hpp"

#include <utility>

namespace mtaio::python {

FunctionCall::FunctionCall(const ThreadOperation& operation) noexcept
    : ExternalCall{&FunctionCall::arrive},
      executor_{Object::to(operation.executor)},
      function_{Object::to(operation.function)},
      arguments_{Object::to(operation.arguments)},
      keywords_{Object::to(operation.keywords)} {}

FunctionCall* FunctionCall::start(ThreadOperation& operation, EventLoop& loop) {
  auto* call = new FunctionCall{operation};
  call->context_ = Object::take(PyContext_CopyCurrent());
  call->retain();  // for the thread
  if (!call->context_ || !call->prepare(loop, &operation) || !PythonThreads::submit(*call, loop)) {
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
  drop_future();
  if (PythonThreads::withdraw(*this)) {
    count_call_ended(executor_.get());
    release();  // for the thread
  }
  release();
}

void FunctionCall::call() {
  PyObject* result = nullptr;
  if (PyContext_Enter(context_.get()) == 0) {
    result = PyObject_Call(function_.get(), arguments_.get(), keywords_.get());
    const PreservedError raised_by_function;
    if (PyContext_Exit(context_.get()) < 0) PyErr_WriteUnraisable(context_.get());
  }
  if (result) {
    result_ = Object::take(result);
  } else {
    const RaisedError raised = RaisedError::fetch();
    error_ = Object::to(raised.get());
  }
  // The arguments of the function are dropped where it ran. The context is not: the loop made it,
  // and the objects beside it in memory are the loop's.
  for (Object* each : {&function_, &arguments_, &keywords_}) *each = Object{};
}

void FunctionCall::refused(PyObject* error) noexcept {
  refused_ = true;
  error_ = Object::to(error);
  come_back();
}

std::coroutine_handle<> FunctionCall::arrive(lowlevel::Job& job) noexcept {
  auto& self = static_cast<FunctionCall&>(job);
  if (!self.loop_closed()) count_call_ended(self.executor_.get());
  return ExternalCall::arrive(job);
}

}  // namespace mtaio::python
