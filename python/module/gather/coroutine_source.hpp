/// Where the coroutines of a gather() or map() come from.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace mtaio::python {

/// What a worker runs next.
enum class Next : std::uint8_t {
  kAwaitable,
  /// An awaitable that gives a pair: what a function returned in a thread, perhaps an awaitable,
  /// and what it raised.
  kThreadCall,
  /// An awaitable that gives the arguments of the next call.
  kPull,
  /// Not an awaitable: a function of map() has returned a result.
  kValue,
  kExhausted,
  /// An exception is set.
  kFailed,
};

/// Gives one coroutine after the other. Its pointers are owned references, given up by `drop()`.
///
/// All members may run any code, `drop()` too. So they keep references to the objects that they use
/// afterwards.
struct CoroutineSource {
  static constexpr Py_ssize_t kUnknown = std::numeric_limits<Py_ssize_t>::max();

  /// How many coroutines have started.
  Py_ssize_t started = 0;
  /// No more will start.
  bool exhausted = false;

  // Of gather().

  /// The awaitables; null once started, and in place of copies.
  std::vector<PyObject*> given;
  /// The awaitables that were given more than once: the position of each copy and of its original.
  std::vector<std::pair<Py_ssize_t, Py_ssize_t>> copies;

  // Of map().

  PyObject* function = nullptr;
  /// What the function is applied to.
  std::vector<PyObject*> iterators;
  /// Instead of `iterators`: an asynchronous iterator of tuples.
  PyObject* async_iterator = nullptr;
  /// The function is called in the threads of this executor; null: in the loop.
  PyObject* executor = nullptr;
  /// The function may turn out to return awaitables, and is then called in the loop.
  bool may_give_awaitables = false;
  /// A worker awaits the asynchronous iterator.
  bool pulling = false;
  /// How many items the iterators probably have.
  Py_ssize_t length = kUnknown;

  /// Takes the arguments of a gather(). False with an exception set.
  [[nodiscard]] bool fill(PyObject* awaitables);
  /// Skips what cannot be started; returns whether there is a coroutine to start.
  [[nodiscard]] bool has_more() noexcept;
  /// Whether all that is left are futures that are done.
  [[nodiscard]] bool is_over() const noexcept;
  /// Asks the iterators how many items they have.
  void estimate_length() noexcept;
  /// How many are probably left to start; kUnknown if more have started than expected.
  [[nodiscard]] Py_ssize_t at_most() const noexcept {
    const Py_ssize_t expected = function ? length : static_cast<Py_ssize_t>(given.size());
    return started < expected ? expected - started : kUnknown;
  }
  /// The next one to run, a new reference. Only if has_more().
  [[nodiscard]] Next next(PyObject*& made);
  /// The same for arguments that were pulled.
  [[nodiscard]] Next apply(PyObject* arguments, PyObject*& made);
  /// The function has returned an awaitable in a thread. From now on it is called in the loop, if
  /// it may be.
  void gives_awaitables() noexcept;
  /// No coroutine will start any more: those that have not are closed. Futures are cancelled, and
  /// stay, to be waited for.
  void stop() noexcept;
  /// Nothing will start any more: all that has not is closed, and all references are given up.
  void drop() noexcept;
  int traverse(visitproc visit, void* arg) const;

 private:
  [[nodiscard]] PyObject* call_in_thread(PyObject* called, PyObject* arguments);
};

}  // namespace mtaio::python
