/// The time that each coroutine of a gather() or map() has.
#include "module/awaiting/awaiting.hpp"
#include "module/gather/crewman.hpp"
#include "module/gather/gathering.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "module/errors/timeout_error.hpp"
#include "bridge/runtime_state.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace mtaio::python {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

// Loops count in milliseconds, or finer, and may call that much too early.
constexpr double kResolution = 0.0005;

/// The loop's time; NaN with an exception set.
double time_of(PyObject* loop) {
  const Reference time = Reference::take(PyObject_CallMethodNoArgs(loop, state().name_time));
  const double seconds = time ? PyFloat_AsDouble(time.get()) : -1.0;
  return seconds == -1.0 && PyErr_Occurred() ? std::numeric_limits<double>::quiet_NaN() : seconds;
}

}  // namespace

bool Crewman::start_clock() {
  deadline = kNever;
  if (std::isinf(of->task_timeout)) return true;
  const double now = time_of(of->loop);
  deadline = now + of->task_timeout;
  return !std::isnan(now);
}

bool Crewman::arm_timer(double seconds) {
  static PyMethodDef method{"check_clock", &Crewman::check_clock, METH_NOARGS, nullptr};
  timer = arm(of->loop, seconds, method, reinterpret_cast<PyObject*>(this));
  return timer != nullptr;
}

void Crewman::watch_clock() {
  // One that is armed for an earlier child comes first, and looks.
  if (std::isinf(deadline) || timer || timed_out) return;
  const double now = time_of(of->loop);
  if (std::isnan(now) || !arm_timer(deadline - now)) PyErr_WriteUnraisable(child);
}

PyObject* Crewman::check_clock(PyObject* object, PyObject*) {
  auto* self = reinterpret_cast<Crewman*>(object);
  const Reference handle = Reference::take(std::exchange(self->timer, nullptr));
  if (self->ended || !self->child || !self->task || std::isinf(self->deadline)) Py_RETURN_NONE;
  const double now = time_of(self->of->loop);
  if (std::isnan(now)) return nullptr;
  if (self->deadline - now > kResolution) {
    if (!self->arm_timer(self->deadline - now)) return nullptr;
  } else {
    self->timed_out = true;
    cancel(self->task);
  }
  Py_RETURN_NONE;
}

void Crewman::stop_clock() {
  deadline = kNever;
  if (!std::exchange(timed_out, false)) return;
  RaisedError raised = RaisedError::fetch();
  // As asyncio.timeout() tells it: whether anyone else has asked the task to stop.
  const Reference of_mine = Reference::to(task);
  const Reference left = Reference::take(
      of_mine ? PyObject_CallMethodNoArgs(of_mine.get(), state().name_uncancel) : nullptr);
  const bool only_mine = left && PyLong_AsLong(left.get()) == 0;
  if (PyErr_Occurred()) PyErr_WriteUnraisable(of_mine.get());
  if (!raised) return;
  if (only_mine && PyErr_GivenExceptionMatches(raised.get(), state().cancelled_error) != 0) {
    Reference error =
        make_timeout_error(of->name(), "task_timeout", of->task_timeout, raised.get());
    if (error) RaisedError::raise(error.release());
    return;
  }
  std::move(raised).restore();
}

}  // namespace mtaio::python
