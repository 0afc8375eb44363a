#include <mtaio/python/python_call.hpp>

#include <mtaio/python/python_error.hpp>

#include "bridge/cached_objects.hpp"

#include <stdexcept>
#include <vector>

namespace mtaio::python {
namespace {

constexpr const char* kCallCapsule = "mtaio.PythonCall";

/// The calls whose Python task has not ended. Guarded by the GIL.
std::vector<PythonCall*> listening;

/// The callback of the Python task.
PyObject* ended(PyObject* capsule, PyObject* future) {
  auto* call = static_cast<PythonCall*>(PyCapsule_GetPointer(capsule, kCallCapsule));
  call->python_ended(future);
  Py_RETURN_NONE;
}

PyMethodDef ended_method{"ended", &ended, METH_O, nullptr};

void destroy_capsule(PyObject* capsule) {
  auto* call = static_cast<PythonCall*>(PyCapsule_GetPointer(capsule, kCallCapsule));
  call->callback_destroyed();
  call->release();
}

/// Adds a callback to `future` that retains `call`. False with an exception set.
bool add_callback(PythonCall& call, PyObject* future) {
  const Reference capsule = Reference::take(PyCapsule_New(&call, kCallCapsule, &destroy_capsule));
  if (!capsule) return false;
  call.retain();
  const Reference callback = Reference::take(PyCFunction_New(&ended_method, capsule.get()));
  if (!callback) return false;
  const Reference added =
      Reference::take(PyObject_CallMethod(future, "add_done_callback", "O", callback.get()));
  return static_cast<bool>(added);
}

bool can_be_awaited(PyObject* object) noexcept {
  const PyAsyncMethods* async = Py_TYPE(object)->tp_as_async;
  return async && async->am_await;
}

}  // namespace

PythonCall::PythonCall(EventLoop& loop) noexcept
    : loop_{loop}, start_{*this, &PythonCall::run_start}, cancel_{*this, &PythonCall::run_cancel} {
  loop.retain();
}
PythonCall::~PythonCall() { loop_.release(); }

void PythonCall::begin(lowlevel::Waiter& waiter) noexcept {
  waiter_ = &waiter;
  retain();  // end() releases
  retain();  // for the rest of this function
  loop_.post(start_);
  // begin/stop, the beginning
  const auto before = progress_.fetch_or(kBegun, std::memory_order_release);
  if ((before & kStopRequested) != 0) post_cancel();
  release();
}

void PythonCall::request_stop() noexcept {
  // begin/stop, the stop request
  const auto before = progress_.fetch_or(kStopRequested, std::memory_order_acquire);
  if (before == kBegun) post_cancel();
}

void PythonCall::post_cancel() noexcept {
  retain();  // run_cancel() releases
  loop_.post(cancel_);
}

std::coroutine_handle<> PythonCall::run_start(lowlevel::Job& job) noexcept {
  static_cast<Step&>(job).call.start_in_loop();
  return std::noop_coroutine();
}

void PythonCall::start_in_loop() noexcept {
  if (loop_.closed()) {
    end_without_loop();
    return;
  }
  Object::give_up_dropped();
  const Reference started = Reference::take(start());
  if (!started || !continue_with(started.get())) end_with_python_error();
}

bool PythonCall::continue_with(PyObject* started) {
  if (!can_be_awaited(started)) {
    if (!take(started)) return false;
    end();
    return true;
  }
  const Reference future = make_future(started);
  if (!future) return false;
  listen_to(future.get());
  return true;
}

Reference PythonCall::make_future(PyObject* awaitable) const {
  // In the loop's callback, ensure_future() of some Pythons finds no running loop: it is told
  // which.
  const Reference loop = loop_.loop();
  const Reference arguments = Reference::take(PyTuple_Pack(1, awaitable));
  const Reference keywords = Reference::take(Py_BuildValue("{s:O}", "loop", loop.get()));
  if (!arguments || !keywords) return {};
  return Reference::take(PyObject_Call(cached().ensure_future, arguments.get(), keywords.get()));
}

void PythonCall::listen_to(PyObject* future) noexcept {
  // Noted first: a future may call the callback, or drop it, immediately.
  retain();
  future_ = Object::to(future);
  listening.push_back(this);
  if (!add_callback(*this, future)) {
    if (std::erase(listening, this) > 0) {
      end_with_python_error();
    } else {
      PyErr_WriteUnraisable(future);
    }
  }
  release();
}

std::coroutine_handle<> PythonCall::run_cancel(lowlevel::Job& job) noexcept {
  PythonCall& self = static_cast<Step&>(job).call;
  if (!self.loop_.closed() && self.future_) {
    const Reference future = Reference::to(self.future_.get());
    const Reference done =
        Reference::take(PyObject_CallMethodNoArgs(future.get(), cached().name_cancel));
    if (!done) PyErr_WriteUnraisable(future.get());
  }
  self.release();
  return std::noop_coroutine();
}

void PythonCall::python_ended(PyObject* future) noexcept {
  if (std::erase(listening, this) == 0) return;
  const Reference result = Reference::take(PyObject_CallMethod(future, "result", nullptr));
  future_ = Object{};
  if (result && take(result.get())) {
    end();
    return;
  }
  end_with_python_error();
}

void PythonCall::callback_destroyed() noexcept {
  if (std::erase(listening, this) > 0) end_without_loop();
}

void PythonCall::abandon_all() noexcept {
  while (!listening.empty()) {
    PythonCall* call = listening.back();
    listening.pop_back();
    call->end_without_loop();
  }
}

void PythonCall::end_without_loop() noexcept {
  if (stop_requested()) {
    error_ = std::make_exception_ptr(CancelledError{});
  } else {
    error_ = std::make_exception_ptr(
        std::runtime_error{"co_await of a Python awaitable: its event loop was closed."});
  }
  end();
}

void PythonCall::end_with_python_error() noexcept {
  if (PyErr_ExceptionMatches(cached().cancelled_error)) {
    PyErr_Clear();
    error_ = std::make_exception_ptr(CancelledError{});
  } else {
    error_ = std::make_exception_ptr(PythonError::fetch());
  }
  end();
}

void PythonCall::end() noexcept {
  // Nothing else claims the waiter: a stop request cancels the Python task instead.
  if (waiter_->claim()) waiter_->wake();
  release();
}

}  // namespace mtaio::python
