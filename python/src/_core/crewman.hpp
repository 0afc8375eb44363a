/// What steps the coroutines of a gather() or map().
#pragma once

#include <mtaio/python/reference.hpp>

#include "_core/coroutine_source.hpp"

namespace mtaio::python {

struct Gathering;

/// A coroutine that steps coroutines, one after the other: what a task of the crew runs.
struct Crewman {
  PyObject_HEAD Gathering* of;
  Crewman* previous;  // in the list of those who live
  Crewman* next;
  PyObject* task;     // the asyncio task that it is the coroutine of
  PyObject* child;    // what it steps; null between two
  PyObject* context;  // in which
  PyObject* timer;    // the loop's handle; of an earlier child perhaps
  PyObject* slowest;  // the child that was slow in the last step; in debug mode only
  double deadline;    // of the child, in the loop's time; infinite if it has none
  Py_ssize_t index;   // which it is
  Next kind;          // of the child
  bool timed_out;     // the child is being cancelled because its time is over
  bool begun;
  bool ended;

  [[nodiscard]] static Crewman* create(Gathering& of);
  [[nodiscard]] static bool prepare_type();

  /// Steps nothing any more.
  void leave();
  /// Makes `awaitable` (borrowed) its child. False with an exception set.
  [[nodiscard]] bool adopt(PyObject* awaitable, Next kind_of);
  void drop_child();

  // The time that each coroutine has, if it is limited.

  /// The child begins now. False with an exception set.
  [[nodiscard]] bool start_clock();
  /// The child waits: its deadline is to be noticed.
  void watch_clock();
  /// The child has ended, with the exception that is set or with none. If it was cancelled because
  /// its time was over, that becomes a TimeoutError.
  void stop_clock();

 private:
  /// The loop's call when the time of some child is over.
  static PyObject* check_clock(PyObject* object, PyObject*);
  [[nodiscard]] bool arm_timer(double seconds);
};

}  // namespace mtaio::python
