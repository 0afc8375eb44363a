/// Where the coroutines of a gather() or map() come from.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace mtaio::python {

/// What there is to run next.
enum class Next : std::uint8_t {
  kAwaitable,
  kThreadCall,  // awaitable that gives a pair: what was returned, perhaps to be awaited, and raised
  kPull,        // awaitable that gives the arguments of the next call
  kValue,       // a function of map() has given a result at once
  kExhausted,
  kFailed,  // an exception is set
};

/// All that it refers to are owned references, given up by `drop()`.
///
/// Everything here may run any code, that of `drop()` too: what is used afterwards is kept.
struct CoroutineSource {
  static constexpr Py_ssize_t kUnknown = std::numeric_limits<Py_ssize_t>::max();

  std::vector<PyObject*> given;  // those of gather(); null once started, and where it is a copy
  std::vector<std::pair<Py_ssize_t, Py_ssize_t>> copies;  // position and that of the original
  PyObject* function = nullptr;                           // that of map(),
  std::vector<PyObject*> iterators;                       // and what it is applied to,
  PyObject* async_iterator = nullptr;                     // or an asynchronous iterator of tuples
  PyObject* executor = nullptr;      // in whose threads the function is called; null: in the loop
  bool may_give_awaitables = false;  // then it will be called in the loop
  Py_ssize_t length = kUnknown;      // so many items they probably have
  bool exhausted = false;
  bool pulling = false;  // a crewman awaits the asynchronous iterator

  /// Goes on to what may be started next; `started` is its number.
  [[nodiscard]] bool has_more(Py_ssize_t& started) noexcept;
  /// Whether nothing is left that would take time: there are only futures that are done.
  [[nodiscard]] bool is_over(Py_ssize_t started) const noexcept;
  /// Asks the iterators how many items they have.
  void estimate_length() noexcept;
  /// How many may be left to start; not known if there are more than expected.
  [[nodiscard]] Py_ssize_t at_most(Py_ssize_t started) const noexcept {
    const Py_ssize_t expected = function ? length : static_cast<Py_ssize_t>(given.size());
    return started < expected ? expected - started : kUnknown;
  }
  /// The next one to run, a new reference; only if has_more().
  [[nodiscard]] Next next(Py_ssize_t started, PyObject*& made);
  /// The same for the arguments that were pulled.
  [[nodiscard]] Next apply(PyObject* arguments, PyObject*& made);
  /// A call in a thread has given something that can be awaited. From now on such a function is
  /// called in the loop, if it may be.
  void gives_awaitables() noexcept;
  /// Nothing new will start: coroutines are closed, futures are cancelled and left to be waited
  /// for.
  void stop(Py_ssize_t started) noexcept;
  /// Nothing more will start: what has not is closed.
  void drop(Py_ssize_t started) noexcept;
  int traverse(visitproc visit, void* arg) const;

 private:
  [[nodiscard]] PyObject* call_in_thread(PyObject* called, PyObject* arguments);
};

}  // namespace mtaio::python
