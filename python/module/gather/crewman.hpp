/// What steps the coroutines of a gather() or map().
#pragma once

#include <mtaio/python/reference.hpp>

#include "module/gather/coroutine_source.hpp"

#include <cstdint>

namespace mtaio::python {

struct Gathering;

/// A coroutine that steps coroutines, one after the other: what a task of the crew runs.
struct Crewman {
  PyObject_HEAD Gathering* of;
  Crewman* previous;  // in the list of those that live
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

  // What it steps next.

  enum class Taken : std::uint8_t { kChild, kEnded, kNothing };
  /// Takes up the next coroutine: a child, or one that has ended already. Or there is none for it.
  [[nodiscard]] Taken take_up();
  /// The asynchronous iterator has given the arguments of the next call, or failed. True: there is
  /// a child to go on with.
  [[nodiscard]] bool pulled(PySendResult outcome, PyObject* value);
  /// A function has returned in a thread: `value`, which becomes what it returned, or null with
  /// what it raised. True: what it returned is to be awaited, and is the child.
  [[nodiscard]] bool goes_on(PyObject*& value);
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
