/// What put(), get() and join() of a queue return.
#pragma once

#include "bridge/wait_operation.hpp"
#include "module/queue/queue_object.hpp"

#include <cstdint>

namespace mtaio::python {

/// An operation on a queue, to be awaited once. Nothing happens before that.
struct QueueOperation : Operation {
  enum class Kind : std::uint8_t { kGet, kNext, kPut, kJoin };

  Kind kind;
  QueueObject* queue;
  /// The item of a put that has not been done.
  PyObject* item;
  /// Null unless it waits.
  WaitHandle* wait;
  double priority;

  [[nodiscard]] static PyObject* create(Kind kind, QueueObject* queue, PyObject* item = nullptr,
                                        double priority = 0);
};

/// Raises QueueShutDown for a put or get of `queue`. Always null.
PyObject* raise_shut_down(QueueObject* queue, bool putting);

/// Puts without waiting, and runs the wake-ups. False with an exception set, or without one if the
/// queue is `full`.
[[nodiscard]] inline bool put_now(QueueObject* queue, PyObject* item, double priority, bool& full) {
  const AnyQueue::Put put = queue->queue->put(item, priority);
  if (put == AnyQueue::Put::kStored) [[likely]]
    return EventLoop::flush();
  full = put == AnyQueue::Put::kFull;
  if (put == AnyQueue::Put::kShutDown) raise_shut_down(queue, true);
  return false;
}
/// Gets without waiting. Null without an exception if the queue is empty; `shut_down` then says
/// whether it was shut down.
[[nodiscard]] inline PyObject* get_now(QueueObject* queue, bool& shut_down) {
  return queue->queue->get(shut_down);
}

/// Adds the type to the module. False with an exception set.
[[nodiscard]] bool add_queue_operation(PyObject* module);

}  // namespace mtaio::python
