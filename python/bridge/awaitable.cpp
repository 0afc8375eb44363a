#include <mtaio/python/awaitable.hpp>

#include "bridge/runtime_state.hpp"

#include <stdexcept>
#include <vector>

namespace mtaio::python {
namespace {

constexpr const char* kCapsule = "mtaio.LoopCall";

/// The callback of the Python task.
PyObject* ended(PyObject* capsule, PyObject* future) {
  auto* call = static_cast<LoopCall*>(PyCapsule_GetPointer(capsule, kCapsule));
  call->python_ended(future);
  Py_RETURN_NONE;
}

PyMethodDef ended_method{"ended", &ended, METH_O, nullptr};

void drop_capsule(PyObject* capsule) {
  auto* call = static_cast<LoopCall*>(PyCapsule_GetPointer(capsule, kCapsule));
  call->callback_gone();
  call->let_go();
}

// Those whose Python task has not ended. Guarded by the GIL.
std::vector<LoopCall*> listening;

bool can_be_awaited(PyObject* object) noexcept {
  const PyAsyncMethods* async = Py_TYPE(object)->tp_as_async;
  return async && async->am_await;
}

/// Has `call` told when `future` has ended.
bool listen(LoopCall& call, PyObject* future) {
  const Reference capsule = Reference::take(PyCapsule_New(&call, kCapsule, &drop_capsule));
  if (!capsule) return false;
  call.hold();
  const Reference callback = Reference::take(PyCFunction_New(&ended_method, capsule.get()));
  if (!callback) return false;
  const Reference added =
      Reference::take(PyObject_CallMethod(future, "add_done_callback", "O", callback.get()));
  return static_cast<bool>(added);
}

}  // namespace

LoopCall::LoopCall(EventLoop& loop) noexcept
    : loop_{loop}, start_{*this, &LoopCall::run_start}, cancel_{*this, &LoopCall::run_cancel} {
  loop.hold();
}
LoopCall::~LoopCall() { loop_.release(); }

void LoopCall::begin(lowlevel::Waiter& waiter) noexcept {
  waiter_ = &waiter;
  hold();  // until end()
  hold();  // for the rest of this
  loop_.post(start_);
  begun_.store(true);
  if (stop_.load()) post_cancel();
  let_go();
}

void LoopCall::request_stop() noexcept {
  stop_.store(true);
  if (begun_.load()) post_cancel();
}

void LoopCall::post_cancel() noexcept {
  if (cancel_posted_.exchange(true)) return;
  hold();
  loop_.post(cancel_);
}

std::coroutine_handle<> LoopCall::run_start(lowlevel::Job& job) noexcept {
  LoopCall& self = static_cast<Step&>(job).of;
  if (self.loop_.closed()) {
    self.end_without_loop();
    return std::noop_coroutine();
  }
  Object::give_up_dropped();
  const Reference started = Reference::take(self.start());
  if (!started) {
    self.end_with_python_error();
  } else if (!can_be_awaited(started.get())) {
    if (self.take(started.get())) {
      self.end();
    } else {
      self.end_with_python_error();
    }
  } else {
    // In the loop's callback no loop is "running" for ensure_future() of every Python: say which.
    const Reference loop = self.loop_.loop();
    const Reference arguments = Reference::take(PyTuple_Pack(1, started.get()));
    const Reference keywords = Reference::take(Py_BuildValue("{s:O}", "loop", loop.get()));
    Reference future;
    if (arguments && keywords) {
      future =
          Reference::take(PyObject_Call(state().ensure_future, arguments.get(), keywords.get()));
    }
    if (future) {
      self.listen_to(future.get());
    } else {
      self.end_with_python_error();
    }
  }
  return std::noop_coroutine();
}

void LoopCall::listen_to(PyObject* future) noexcept {
  // Noted first: a future may call back, or drop the callback, at once.
  hold();
  future_ = Object::to(future);
  listening.push_back(this);
  if (!listen(*this, future)) {
    if (std::erase(listening, this) > 0) {
      end_with_python_error();
    } else {
      PyErr_WriteUnraisable(future);
    }
  }
  let_go();
}

std::coroutine_handle<> LoopCall::run_cancel(lowlevel::Job& job) noexcept {
  LoopCall& self = static_cast<Step&>(job).of;
  if (!self.loop_.closed() && self.future_) {
    const Reference future = Reference::to(self.future_.get());
    const Reference done =
        Reference::take(PyObject_CallMethodNoArgs(future.get(), state().name_cancel));
    if (!done) PyErr_WriteUnraisable(future.get());
  }
  self.let_go();
  return std::noop_coroutine();
}

void LoopCall::python_ended(PyObject* future) noexcept {
  if (std::erase(listening, this) == 0) return;
  const Reference result = Reference::take(PyObject_CallMethod(future, "result", nullptr));
  future_ = Object{};
  if (result && take(result.get())) {
    end();
    return;
  }
  end_with_python_error();
}

void LoopCall::callback_gone() noexcept {
  if (std::erase(listening, this) > 0) end_without_loop();
}

void LoopCall::abandon_all() noexcept {
  while (!listening.empty()) {
    LoopCall* call = listening.back();
    listening.pop_back();
    call->end_without_loop();
  }
}

void LoopCall::end_without_loop() noexcept {
  if (stop_.load()) {
    error_ = std::make_exception_ptr(CancelledError{});
  } else {
    error_ = std::make_exception_ptr(
        std::runtime_error{"co_await of a Python awaitable: its event loop was closed."});
  }
  end();
}

void LoopCall::end_with_python_error() noexcept {
  if (PyErr_ExceptionMatches(state().cancelled_error)) {
    PyErr_Clear();
    error_ = std::make_exception_ptr(CancelledError{});
  } else {
    error_ = std::make_exception_ptr(PythonError::fetch());
  }
  end();
}

void LoopCall::end() noexcept {
  // Nobody else claims it: a stop request cancels the Python task instead.
  if (waiter_->claim()) waiter_->wake();
  let_go();
}

bool InLoop::set(PyObject* object) {
  if (!prepare_state()) return false;
  EventLoop* loop = EventLoop::of_running();
  if (!loop) return false;
  if (loop_) loop_->release();
  loop_ = loop;
  object_ = Object::to(object);
  return true;
}

}  // namespace mtaio::python
