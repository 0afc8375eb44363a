/// The time limit of each coroutine of a gather() or map().
#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "module/errors/timeout_error.hpp"
#include "module/gather/gather.hpp"
#include "module/gather/gather_worker.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace mtaio::python {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

// A loop counts in milliseconds or less, and may call by that much too early.
constexpr double kResolution = 0.0005;

/// The loop's time; NaN with an exception set.
double time_of(PyObject* loop) {
  const Reference time = Reference::take(PyObject_CallMethodNoArgs(loop, cached().name_time));
  const double seconds = time ? PyFloat_AsDouble(time.get()) : -1.0;
  return seconds == -1.0 && PyErr_Occurred() ? std::numeric_limits<double>::quiet_NaN() : seconds;
}

}  // namespace

bool GatherWorker::start_clock() {
  deadline = kNever;
  if (std::isinf(gather().options.task_timeout)) return true;
  const double now = time_of(gather().loop.get());
  deadline = now + gather().options.task_timeout;
  return !std::isnan(now);
}

bool GatherWorker::arm(double seconds) {
  static PyMethodDef method{"check_clock", &GatherWorker::check_clock, METH_NOARGS, nullptr};
  timer = arm_timer(gather().loop.get(), seconds, method, this);
  return timer != nullptr;
}

void GatherWorker::watch_clock() {
  // A timer that was armed for an earlier child fires first, and check_clock() arms it again.
  if (std::isinf(deadline) || timer || timed_out) return;
  const double now = time_of(gather().loop.get());
  if (std::isnan(now) || !arm(deadline - now)) PyErr_WriteUnraisable(child);
}

PyObject* GatherWorker::check_clock(PyObject* object, PyObject*) {
  auto* self = static_cast<GatherWorker*>(object);
  const Reference handle = Reference::take(std::exchange(self->timer, nullptr));
  const bool ended = self->state == OperationState::kEnded;
  if (ended || !self->child || !self->task || std::isinf(self->deadline)) Py_RETURN_NONE;
  const double now = time_of(self->gather().loop.get());
  if (std::isnan(now)) return nullptr;
  if (self->deadline - now > kResolution) {
    if (!self->arm(self->deadline - now)) return nullptr;
  } else {
    self->timed_out = true;
    cancel(self->task);
  }
  Py_RETURN_NONE;
}

void GatherWorker::stop_clock() {
  deadline = kNever;
  if (!std::exchange(timed_out, false)) return;
  RaisedError raised = RaisedError::fetch();
  // Whether there was no other request to cancel the task: asyncio.timeout() finds out in this way.
  const Reference own_task = Reference::to(task);
  const Reference left = Reference::take(
      own_task ? PyObject_CallMethodNoArgs(own_task.get(), cached().name_uncancel) : nullptr);
  const bool only_mine = left && PyLong_AsLong(left.get()) == 0;
  if (PyErr_Occurred()) PyErr_WriteUnraisable(own_task.get());
  if (!raised) return;
  if (only_mine && PyErr_GivenExceptionMatches(raised.get(), cached().cancelled_error) != 0) {
    Reference error = make_timeout_error(gather().name(), "task_timeout",
                                         gather().options.task_timeout, raised.get());
    if (error) RaisedError::raise(error.release());
    return;
  }
  std::move(raised).restore();
}

}  // namespace mtaio::python
