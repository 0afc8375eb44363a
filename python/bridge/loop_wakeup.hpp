/// What an event loop calls when something was posted to it.
#pragma once

#include <mtaio/python/event_loop.hpp>

namespace mtaio::python {

/// The callback of the eventfd. The loop owns it; that it goes is how we learn that the loop was
/// closed or is gone.
struct LoopWakeup {
  PyObject_HEAD EventLoop* loop;

  [[nodiscard]] static bool prepare_type();
  [[nodiscard]] static PyObject* create(EventLoop& loop);

 private:
  static PyObject* call(PyObject* self, PyObject* arguments, PyObject* keywords);
  static void destroy(PyObject* self);
};

}  // namespace mtaio::python
