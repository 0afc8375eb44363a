/// The methods of the queues.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The table of AsyncQueue and LIFOQueue.
[[nodiscard]] PyMethodDef* plain_queue_methods() noexcept;
/// The table of PriorityQueue, whose puts take a priority.
[[nodiscard]] PyMethodDef* priority_queue_methods() noexcept;

/// `queue.__anext__()`
[[nodiscard]] PyObject* next_of_queue(PyObject* queue);

}  // namespace mtaio::python
