#include "module/gather/loop_settings.hpp"

#include "bridge/cached_objects.hpp"

#include <limits>

namespace mtaio::python {
namespace {

bool find_task_factory(PyObject* loop) noexcept {
  const Reference factory =
      Reference::take(PyObject_CallMethodNoArgs(loop, cached().name_get_task_factory));
  if (!factory) PyErr_Clear();  // the loop does not say, and may have one
  return factory.get() != Py_None;
}

double find_slow_step(PyObject* loop) noexcept {
  const Reference debug = Reference::take(PyObject_CallMethodNoArgs(loop, cached().name_get_debug));
  double seconds = std::numeric_limits<double>::infinity();
  if (debug && debug.get() != Py_False && PyObject_IsTrue(debug.get()) == 1) {
    const Reference slow =
        Reference::take(PyObject_GetAttr(loop, cached().name_slow_callback_duration));
    if (slow) seconds = PyFloat_AsDouble(slow.get());
  }
  if (!PyErr_Occurred()) return seconds;
  PyErr_Clear();
  return std::numeric_limits<double>::infinity();
}

}  // namespace

LoopSettings LoopSettings::read(PyObject* loop) noexcept {
  return {find_task_factory(loop), find_slow_step(loop)};
}

}  // namespace mtaio::python
