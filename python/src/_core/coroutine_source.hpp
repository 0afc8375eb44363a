/// Where the coroutines of a gather() or map() come from.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace mtaio::python {

/// All that it refers to are owned references, given up by `drop()`. `started` is the number of the
/// next coroutine, which whoever runs them counts.
struct CoroutineSource {
  enum class Next : std::uint8_t { kReady, kExhausted, kFailed };

  std::vector<PyObject*> given;  // those of gather(); null once started, and where it is a copy
  std::vector<std::pair<Py_ssize_t, Py_ssize_t>> copies;  // position and that of the original
  PyObject* function = nullptr;                           // that of map(),
  std::vector<PyObject*> iterators;                       // and what it is applied to,
  PyObject* async_iterator = nullptr;                     // or an asynchronous iterator of tuples
  bool exhausted = false;
  bool pulling = false;  // a crewman awaits the asynchronous iterator

  /// Goes on to what may be started next.
  [[nodiscard]] bool has_more(Py_ssize_t& started) noexcept;
  /// How many there are still, or more where that is not known.
  [[nodiscard]] Py_ssize_t at_most(Py_ssize_t started) const noexcept;
  /// The next coroutine to run, or the next awaitable of the asynchronous iterator, which `pulled`
  /// says.
  Next next(Py_ssize_t started, PyObject*& awaitable, bool& pulled);
  /// The coroutine for what was pulled (borrowed).
  Next apply(PyObject* arguments, PyObject*& awaitable);
  /// Nothing more will start: what has not is closed.
  void drop(Py_ssize_t started) noexcept;
  int traverse(visitproc visit, void* arg) const;
};

}  // namespace mtaio::python
