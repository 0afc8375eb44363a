/// What steps the coroutines of a gather() or map().
#pragma once

#include "bridge/operation.hpp"
#include "module/gather/coroutine_source.hpp"

#include <cstdint>

namespace mtaio::python {

struct Gather;
struct GatherOperation;

/// A coroutine that steps other coroutines, one after the other; an asyncio task runs it. The
/// coroutine that it steps is its child.
struct GatherWorker : Operation {
  /// Of the child.
  Next kind;
  /// The child is being cancelled because its time has run out.
  bool timed_out;
  GatherOperation* operation;

  // In the list of GatherWorkers.

  GatherWorker* previous;
  GatherWorker* next;

  /// The asyncio task that runs the worker.
  PyObject* task;
  /// Null between two coroutines.
  PyObject* child;
  /// The context of the child.
  PyObject* context;
  /// The loop's handle. It may have been armed for an earlier child.
  PyObject* timer;
  /// The child whose last step was slow; in debug mode only.
  PyObject* slowest;
  /// Of the child, in the loop's time; infinite if it has none.
  double deadline;
  /// The number of the child.
  Py_ssize_t index;

  [[nodiscard]] static GatherWorker* create(GatherOperation& operation);
  [[nodiscard]] static bool prepare_type();

  [[nodiscard]] Gather& gather() const noexcept;
  /// It steps no coroutine any more.
  void leave();

  // The next child.

  enum class Taken : std::uint8_t { kChild, kEnded, kNothing };
  /// Takes the next coroutine: it becomes the child, or has ended already. Or there is none left.
  [[nodiscard]] Taken take_next();
  /// The asynchronous iterator has given the arguments of the next call, or failed. True if there
  /// is a child now.
  [[nodiscard]] bool pulled(PySendResult outcome, PyObject* value);
  /// A function has returned in a thread. `value` is the pair of what it returned and raised; it
  /// becomes what the function returned, or null with the exception set. True if that is an
  /// awaitable, which is then the child.
  [[nodiscard]] bool function_returned(PyObject*& value);
  /// Makes `awaitable` (borrowed) the child. False with an exception set.
  [[nodiscard]] bool adopt(PyObject* awaitable, Next kind_of_child);
  void drop_child();

  // The time limit of each coroutine.

  /// The child begins now. False with an exception set.
  [[nodiscard]] bool start_clock();
  /// The child waits: arms the timer if that is needed.
  void watch_clock();
  /// The child has ended, with the exception that is set or with none. If it was cancelled because
  /// its time has run out, that becomes a TimeoutError.
  void stop_clock();

 private:
  /// The loop's call when the time of a child has run out.
  static PyObject* check_clock(PyObject* object, PyObject*);
  [[nodiscard]] bool arm(double seconds);
};

}  // namespace mtaio::python
