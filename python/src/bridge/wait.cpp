#include <mtaio/python/wait.hpp>

#include "bridge/runtime_state.hpp"

namespace mtaio::python {

Wait::Start Wait::start(EventLoop& loop) {
  loop_ = &loop;
  loop.hold();
  // Made before it waits: nothing may fail afterwards.
  PyObject* future = loop.make_future();
  if (!future) return Start::kError;
  if (PyObject_SetAttr(future, state().name_future_blocking, Py_True) < 0) {
    Py_DECREF(future);
    return Start::kError;
  }
  future_ = future;
  owners_.store(2, std::memory_order_relaxed);  // the operation, and whoever will claim it
  bool waits = false;
  {
    const EventLoop::Calling calling;
    waits = enlist(loop);
  }
  if (!waits) {
    owners_.store(1, std::memory_order_relaxed);
    Py_CLEAR(future_);
  }
  waits_ = waits;
  return waits ? Start::kWaits : Start::kServed;
}

bool Wait::claim_back() noexcept {
  if (!claim()) return false;
  forget();
  let_go();  // in the place of a claimer
  return true;
}

void Wait::abandon() noexcept {
  Py_CLEAR(future_);
  if (waits_ && !claim_back()) {
    bool undone = false;
    {
      const EventLoop::Calling calling;
      forget();  // E1: after this, what the claimer has given it is there
      if (take()) {
        undo();
        undone = true;
      }
    }
    if (undone) EventLoop::deliver_unraisable();
  }
  let_go();
}

void Wait::arrive() noexcept {
  if (loop_->closed()) {
    if (take()) undo();
  } else {
    arrived_ = true;
    if (PyObject* future = future_) {
      Py_INCREF(future);
      PyObject* done = PyObject_CallMethodOneArg(future, state().name_set_result, Py_None);
      Py_XDECREF(done);
      Py_DECREF(future);
      // It was cancelled: then the operation will be told by its task.
      if (!done && PyErr_ExceptionMatches(state().invalid_state_error)) PyErr_Clear();
    }
  }
  let_go();
}

}  // namespace mtaio::python
