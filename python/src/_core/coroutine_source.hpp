/// Where the coroutines of a gather() or map() come from.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace mtaio::python {

/// All that it refers to are owned references, given up by `drop()`. `started` is the number of the
/// next coroutine, which whoever runs them counts.
struct CoroutineSource {
  enum class Next : std::uint8_t { kReady, kExhausted, kFailed };
  static constexpr Py_ssize_t kUnknown = std::numeric_limits<Py_ssize_t>::max();

  std::vector<PyObject*> given;  // those of gather(); null once started, and where it is a copy
  std::vector<std::pair<Py_ssize_t, Py_ssize_t>> copies;  // position and that of the original
  PyObject* function = nullptr;                           // that of map(),
  std::vector<PyObject*> iterators;                       // and what it is applied to,
  PyObject* async_iterator = nullptr;                     // or an asynchronous iterator of tuples
  Py_ssize_t length = kUnknown;                           // so many items they probably have
  bool exhausted = false;
  bool pulling = false;  // a crewman awaits the asynchronous iterator

  /// Goes on to what may be started next.
  [[nodiscard]] bool has_more(Py_ssize_t& started) noexcept;
  /// Asks the iterators how many items they have. May run any code.
  void estimate_length() noexcept;
  /// How many may be left to start; not known if there are more than expected.
  [[nodiscard]] Py_ssize_t at_most(Py_ssize_t started) const noexcept {
    const Py_ssize_t expected = function ? length : static_cast<Py_ssize_t>(given.size());
    return started < expected ? expected - started : kUnknown;
  }
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
