/// What an event loop calls when a job was posted to it.
#pragma once

#include <mtaio/python/event_loop.hpp>

namespace mtaio::python {

/// The callback of the eventfd. The loop owns it and destroys it when the loop is closed or
/// destroyed, which closes the EventLoop.
struct LoopWakeup {
  PyObject ob_base;
  EventLoop* loop;

  [[nodiscard]] static bool prepare_type();
  [[nodiscard]] static PyObject* create(EventLoop& loop);

 private:
  static PyObject* call(PyObject* self, PyObject* arguments, PyObject* keywords);
  static void destroy(PyObject* self);
};

}  // namespace mtaio::python
