/// The Python types AsyncQueue, PriorityQueue and LIFOQueue.
#pragma once

#include <mtaio/python/any_queue.hpp>

#include <cstring>

namespace mtaio::python {

struct QueueObject {
  PyObject_HEAD AnyQueue* queue;
  PyObject* weak_references;
  bool initialised;
  Py_ssize_t getters;  // operations that wait
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

/// A raised QueueShutDown, as the put or get of `queue`. Always null.
PyObject* raise_shut_down(QueueObject* queue, bool putting);

/// Puts without waiting; what follows a put: the wake-ups. False with an exception set; `full` says
/// whether that is for want of room, in which case no exception is set.
[[nodiscard]] inline bool put_now(QueueObject* queue, PyObject* item, double priority, bool& full) {
  const AnyQueue::Put put = queue->queue->put(item, priority);
  if (put == AnyQueue::Put::kStored) [[likely]]
    return EventLoop::deliver();
  full = put == AnyQueue::Put::kFull;
  if (put == AnyQueue::Put::kShutDown) raise_shut_down(queue, true);
  return false;
}
/// Gets without waiting; null without an exception when the queue is empty, and then whether it has
/// been shut down.
[[nodiscard]] inline PyObject* get_now(QueueObject* queue, bool& shut_down) {
  return queue->queue->get(shut_down);
}

}  // namespace mtaio::python
