/// One queue for C++ tasks and Python.
#pragma once

#include <mtaio/async_queue.hpp>
#include <mtaio/lifo_queue.hpp>
#include <mtaio/priority_queue.hpp>
#include <mtaio/python/any_queue.hpp>
#include <mtaio/python/convert.hpp>
#include <mtaio/python/queue_of.hpp>

#include <memory>
#include <typeinfo>
#include <utility>

namespace mtaio::python {

/// A queue of the Python package that is `queue`, which it takes over; `kind` is the name of its
/// type. Null with an exception set.
[[nodiscard]] PyObject* wrap_queue(std::unique_ptr<AnyQueue> queue, const char* kind);
/// The queue that a Python object is; null with an exception set.
[[nodiscard]] AnyQueue* unwrap_queue(PyObject* object);

template <class T, class Storage, class Queue>
struct ConvertQueue {
  static PyObject* to_python(std::shared_ptr<Queue> queue, const char* kind) {
    return wrap_queue(std::make_unique<QueueOf<T, Storage, Queue>>(std::move(queue)), kind);
  }
  static bool from_python(PyObject* object, std::shared_ptr<Queue>& result) {
    AnyQueue* found = unwrap_queue(object);
    if (!found) return false;
    const auto* shared = static_cast<std::shared_ptr<Queue>*>(found->shared(typeid(Queue)));
    if (!shared) {
      PyErr_SetString(PyExc_TypeError,
                      "the queue has items of another type; one made in Python has "
                      "mtaio::python::Object");
      return false;
    }
    result = *shared;
    return true;
  }
};

/// `std::shared_ptr<AsyncQueue<T>>` is an `mtaio.core.AsyncQueue` in Python: the same queue, which
/// C++ tasks, event loops and threads may use concurrently. Its items are converted when Python
/// puts or gets them. A queue made in Python has items of type `Object`.
template <class T>
struct Convert<std::shared_ptr<AsyncQueue<T>>>
    : ConvertQueue<T, internal::FifoStorage, AsyncQueue<T>> {
  static PyObject* to_python(std::shared_ptr<AsyncQueue<T>> queue) {
    return ConvertQueue<T, internal::FifoStorage, AsyncQueue<T>>::to_python(std::move(queue),
                                                                            "AsyncQueue");
  }
};
template <class T>
struct Convert<std::shared_ptr<PriorityQueue<T>>>
    : ConvertQueue<T, internal::PriorityStorage, PriorityQueue<T>> {
  static PyObject* to_python(std::shared_ptr<PriorityQueue<T>> queue) {
    return ConvertQueue<T, internal::PriorityStorage, PriorityQueue<T>>::to_python(std::move(queue),
                                                                                   "PriorityQueue");
  }
};
template <class T>
struct Convert<std::shared_ptr<LIFOQueue<T>>>
    : ConvertQueue<T, internal::LifoStorage, LIFOQueue<T>> {
  static PyObject* to_python(std::shared_ptr<LIFOQueue<T>> queue) {
    return ConvertQueue<T, internal::LifoStorage, LIFOQueue<T>>::to_python(std::move(queue),
                                                                           "LIFOQueue");
  }
};

}  // namespace mtaio::python
