#include "_core/thread_call.hpp"

#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/object.hpp>
#include <mtaio/python/pending.hpp>

#include "_core/executor_object.hpp"
#include "_core/module_state.hpp"
#include "_core/python_threads.hpp"
#include "bridge/operation.hpp"
#include "bridge/runtime_state.hpp"

#include <array>
#include <atomic>
#include <coroutine>
#include <utility>

namespace mtaio::python {

/// The call itself: shared by the operation, which may go before the function returns, and by the
/// thread and the loop that it comes back to.
class FunctionCall final : public lowlevel::Job, public ThreadJob {
 public:
  FunctionCall(ThreadCall& of, EventLoop& loop) noexcept
      : lowlevel::Job{&FunctionCall::run},
        executor_{Object::to(of.executor)},
        function_{Object::to(of.function)},
        arguments_{Object::to(of.arguments)},
        keywords_{Object::to(of.keywords)},
        loop_{loop} {
    loop.hold();
  }
  FunctionCall(const FunctionCall&) = delete;
  FunctionCall& operator=(const FunctionCall&) = delete;

  /// Submits it, with a copy of the context. Null with an exception set.
  static FunctionCall* start(ThreadCall& of, EventLoop& loop) {
    auto* call = new FunctionCall{of, loop};
    call->context_ = Object::take(PyContext_CopyCurrent());
    if (!call->context_ || !call->wait(of) || !PythonThreads::submit(*call, loop)) {
      delete call;
      return nullptr;
    }
    ++as_executor(call->executor_.get())->calls;
    return call;
  }

  /// Has the task wait, again.
  [[nodiscard]] bool wait(ThreadCall& owner) {
    forget_owner();
    const Reference of = loop_.loop();
    if (!of) {
      PyErr_SetString(PyExc_RuntimeError, "the event loop is gone");
      return false;
    }
    pending_ = Pending::create(of.get());
    if (!pending_) return false;
    pending_->owner = reinterpret_cast<PyObject*>(&owner);
    return true;
  }
  [[nodiscard]] Pending* pending() const noexcept { return pending_; }
  [[nodiscard]] bool done() const noexcept { return done_; }

  /// What came out of it: a new reference, or null with the exception set.
  PyObject* take_result() noexcept {
    if (result_) return result_.release();
    RaisedError::raise(error_.release());
    return nullptr;
  }

  /// The operation lets go. One that has not started never will.
  void abandon() noexcept {
    forget_owner();
    if (PythonThreads::withdraw(*this)) {
      count_ended();
      let_go();
    }
    let_go();
  }

  void call() override {
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
    // What the function was given goes where it ran.
    for (Object* each : {&function_, &arguments_, &keywords_, &context_}) *each = Object{};
  }
  void finished() noexcept override { loop_.post(*this); }
  void refused(PyObject* error) noexcept override {
    refused_ = true;
    error_ = Object::to(error);
    finished();
  }
  [[nodiscard]] bool was_refused() const noexcept { return refused_; }

 private:
  ~FunctionCall() {
    forget_owner();
    loop_.release();
  }

  void let_go() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  void forget_owner() noexcept {
    if (!pending_) return;
    pending_->owner = nullptr;
    Py_CLEAR(pending_);
  }
  void count_ended() noexcept {
    ExecutorObject* executor = as_executor(executor_.get());
    if (--executor->calls > 0 || executor->watched == 0) return;
    RaisedError before = RaisedError::fetch();
    PyObject* told = PyObject_CallMethod(executor_.get(), "_calls_ended", nullptr);
    if (!told) PyErr_WriteUnraisable(executor_.get());
    Py_XDECREF(told);
    if (before) std::move(before).restore();
  }

  static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
    auto& self = static_cast<FunctionCall&>(job);
    if (!self.loop_.closed()) {
      self.done_ = true;
      self.count_ended();
      if (self.pending_) {
        const Reference keep = Reference::to(self.pending_->object());
        (void)self.pending_->complete(self.loop_.may_step());  // what it raises, the loop reports
      }
    }
    self.let_go();
    return std::noop_coroutine();
  }

  Object executor_;
  Object function_;
  Object arguments_;
  Object keywords_;
  Object context_;
  Object result_;
  Object error_;
  EventLoop& loop_;
  Pending* pending_ = nullptr;  // with the GIL only
  bool done_ = false;           // with the GIL only
  bool refused_ = false;        // with the GIL only
  std::atomic<int> owners_{2};  // the operation, and whoever runs it
};

namespace {

using State = ThreadCall::State;

PyTypeObject* type = nullptr;

ThreadCall* as_call(PyObject* object) noexcept { return reinterpret_cast<ThreadCall*>(object); }

void leave(ThreadCall* self) noexcept {
  self->state = State::kEnded;
  if (FunctionCall* call = std::exchange(self->call, nullptr)) call->abandon();
  Py_CLEAR(self->function);
  Py_CLEAR(self->arguments);
  Py_CLEAR(self->keywords);
  Py_CLEAR(self->executor);
}

PySendResult fail(ThreadCall* self) noexcept {
  leave(self);
  return PYGEN_ERROR;
}

PySendResult fail_with(ThreadCall* self, PyObject* error) noexcept {
  leave(self);
  RaisedError::raise(error);
  return PYGEN_ERROR;
}

PySendResult give_pending(const ThreadCall* self, PyObject** result) noexcept {
  *result = self->call->pending()->object();
  Py_INCREF(*result);
  return PYGEN_NEXT;
}

PySendResult begin(ThreadCall* self, PyObject** result) {
  EventLoop* loop = EventLoop::of_running();
  if (!loop) return fail(self);
  self->call = FunctionCall::start(*self, *loop);
  loop->release();
  if (!self->call) return fail(self);
  self->state = State::kRunning;
  return give_pending(self, result);
}

void raise_execution_error(PyObject* cause) {
  const Reference text =
      Reference::take(PyUnicode_FromFormat("function in a thread failed: %S", cause));
  const Reference error =
      text ? Reference::take(PyObject_CallOneArg(module_state().execution_error, text.get()))
           : Reference{};
  const Reference failures = Reference::take(Py_BuildValue("((iO))", 0, cause));
  if (!error || !failures || PyObject_SetAttrString(error.get(), "failures", failures.get()) < 0) {
    return;
  }
  Py_INCREF(cause);
  PyException_SetCause(error.get(), cause);
  PyErr_SetObject(module_state().execution_error, error.get());
}

PySendResult finish(ThreadCall* self, PyObject** result) {
  if (self->stop) return fail_with(self, std::exchange(self->stop, nullptr));
  PyObject* value = self->call->take_result();
  if (!value) {
    const RaisedError raised = RaisedError::fetch();
    const bool wraps = self->wraps_errors && !self->call->was_refused();
    leave(self);
    if (wraps && PyErr_GivenExceptionMatches(raised.get(), PyExc_Exception)) {
      raise_execution_error(raised.get());
    } else {
      Py_INCREF(raised.get());
      RaisedError::raise(raised.get());
    }
    return PYGEN_ERROR;
  }
  leave(self);
  *result = value;
  return PYGEN_RETURN;
}

int clear(PyObject* object) {
  leave(as_call(object));
  Py_CLEAR(as_call(object)->stop);
  return 0;
}

void destroy(PyObject* object) {
  PyObject_GC_UnTrack(object);
  clear(object);
  forget_stop_iteration();
  PyTypeObject* of = Py_TYPE(object);
  PyObject_GC_Del(object);
  Py_DECREF(of);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  const ThreadCall* self = as_call(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->executor);
  Py_VISIT(self->function);
  Py_VISIT(self->arguments);
  Py_VISIT(self->keywords);
  Py_VISIT(self->stop);
  return 0;
}

PyObject* repr(PyObject* object) {
  const ThreadCall* self = as_call(object);
  if (self->state == State::kEnded) {
    return PyUnicode_FromString("<TaskExecutor.run_in_thread(), done>");
  }
  return PyUnicode_FromFormat("<TaskExecutor.run_in_thread(%R), %s>", self->function,
                              self->state == State::kNew ? "not awaited yet" : "running");
}

PyObject* get_name(PyObject*, void*) { return PyUnicode_FromString("run_in_thread"); }
PyObject* get_qualname(PyObject*, void*) {
  return PyUnicode_FromString("TaskExecutor.run_in_thread");
}

std::array<PyMethodDef, 4> methods{{MTAIO_PYTHON_OPERATION_METHODS(ThreadCall), {}}};
std::array<PyGetSetDef, 3> properties{{
    {"__name__", &get_name, nullptr, nullptr, nullptr},
    {"__qualname__", &get_qualname, nullptr, nullptr, nullptr},
    {},
}};
std::array<PyType_Slot, 12> slots{{
    MTAIO_PYTHON_OPERATION_SLOTS(ThreadCall),
    {Py_tp_dealloc, reinterpret_cast<void*>(&destroy)},
    {Py_tp_traverse, reinterpret_cast<void*>(&traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(&clear)},
    {Py_tp_repr, reinterpret_cast<void*>(&repr)},
    {Py_tp_methods, methods.data()},
    {Py_tp_getset, properties.data()},
    {Py_tp_doc, const_cast<char*>("A call in a thread; nothing happens before it is awaited.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.ThreadCall", sizeof(ThreadCall), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                 slots.data()};

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
    {"call_in_thread", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_in_thread)),
     METH_FASTCALL, PyDoc_STR("As TaskExecutor.run_in_thread(), without the wrapping of errors.")},
    {"finish_threads", &finish_threads, METH_NOARGS,
     PyDoc_STR("Waits for all functions in threads, at the interpreter's exit.")},
    {},
}};

}  // namespace

PyObject* new_thread_call(PyObject* executor, PyObject* function, PyObject* arguments,
                          PyObject* keywords, bool wraps_errors) {
  auto* made = PyObject_GC_New(ThreadCall, type);
  if (!made) return nullptr;
  made->executor = Reference::to(executor).release();
  made->function = Reference::to(function).release();
  made->arguments = Reference::to(arguments).release();
  made->keywords = Reference::to(keywords).release();
  made->stop = nullptr;
  made->call = nullptr;
  made->wraps_errors = wraps_errors;
  made->state = ThreadCall::State::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

PySendResult ThreadCall::resume(ThreadCall* self, PyObject* error, PyObject** result) {
  if (self->state == State::kEnded) {
    PyErr_SetString(PyExc_RuntimeError,
                    "cannot reuse already awaited TaskExecutor.run_in_thread()");
    return PYGEN_ERROR;
  }
  if (error) {
    const bool waits = self->state == State::kRunning && !self->call->done() &&
                       !PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit);
    Py_INCREF(error);
    // One that is still linked has not started, and will not: abandon() sees to that.
    if (!waits || static_cast<ThreadJob*>(self->call)->linked()) return fail_with(self, error);
    if (self->stop) {
      Py_DECREF(error);
    } else {
      self->stop = error;
    }
    return self->call->wait(*self) ? give_pending(self, result) : fail(self);
  }
  if (self->state == State::kNew) return begin(self, result);
  if (self->call->done()) return finish(self, result);
  PyErr_SetString(PyExc_RuntimeError,
                  "TaskExecutor.run_in_thread() was resumed before it was ready");
  return PYGEN_ERROR;
}

bool ThreadCall::idle(ThreadCall* self) noexcept {
  if (self->state == State::kRunning) return false;
  leave(self);
  return true;
}

bool add_thread_call(PyObject* module) {
  if (!type) type = make_operation_type(spec);
  return type && PyModule_AddType(module, type) == 0 &&
         PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
