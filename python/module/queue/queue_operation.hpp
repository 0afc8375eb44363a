/// What put(), get() and join() of a queue return.
#pragma once

#include "module/queue/queue_object.hpp"
#include "bridge/wait_operation.hpp"

#include <cstdint>

namespace mtaio::python {

/// An operation on a queue, to be awaited once. Nothing happens before that.
struct QueueOperation {
  enum class Kind : std::uint8_t { kGet, kNext, kPut, kJoin };

  PyObject_HEAD QueueObject* queue;
  PyObject* item;  // of a put that has not been done
  Wait* wait;      // while it waits
  double priority;
  Kind kind;
  WaitState state;

  [[nodiscard]] static PyObject* create(Kind kind, QueueObject* queue, PyObject* item = nullptr,
                                        double priority = 0);
};

}  // namespace mtaio::python
