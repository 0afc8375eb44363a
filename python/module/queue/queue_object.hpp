/// The Python types AsyncQueue, PriorityQueue and LIFOQueue.
#pragma once

#include <mtaio/python/any_queue.hpp>

#include <cstring>

namespace mtaio::python {

struct QueueObject {
  PyObject ob_base;
  AnyQueue* queue;
  PyObject* weak_references;
  bool initialised;
  // How many operations and blocked threads wait.
  Py_ssize_t getters;
  Py_ssize_t putters;
};

[[nodiscard]] inline QueueObject* as_queue(PyObject* object) noexcept {
  return reinterpret_cast<QueueObject*>(object);
}
/// The name of its class, without the module.
[[nodiscard]] inline const char* short_name(PyObject* queue) noexcept {
  const char* name = Py_TYPE(queue)->tp_name;
  const char* dot = std::strrchr(name, '.');
  return dot ? dot + 1 : name;
}
[[nodiscard]] PyObject* repr_of_queue(PyObject* object);

/// Adds the types to the module. False with an exception set.
[[nodiscard]] bool add_queues(PyObject* module);

}  // namespace mtaio::python
