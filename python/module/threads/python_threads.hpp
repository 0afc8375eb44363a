/// The threads in which run_in_thread() calls Python functions.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// A call of a Python function that waits for a thread.
class ThreadJob : public lowlevel::ListNode<ThreadJob> {
 public:
  /// Calls the function. With the GIL.
  virtual void call() = 0;
  /// Tells whoever waits. Without the GIL, or with it; it may be gone when this returns.
  virtual void finished() noexcept = 0;
  /// Instead of both: it cannot be called, for this reason (borrowed). With the GIL.
  virtual void refused(PyObject* error) noexcept = 0;

 protected:
  ~ThreadJob() = default;
};

/// Calls run in the order of submission, each on one of the library's threads. A thread that has
/// the GIL goes on with the next call without giving it up; while a function lets go of it, to
/// block, other threads take the other calls. All members are called with the GIL.
///
/// A thread is sent for in the next turn of the loop, without the GIL: the first thing it wants is
/// the GIL, and by then there is little that the loop still does with it. So it finds all calls of
/// this turn, and on one core it preempts the loop and runs them at once.
class PythonThreads {
 public:
  /// On the thread of `loop`. False with an exception set: the interpreter is about to exit.
  [[nodiscard]] static bool submit(ThreadJob& job, EventLoop& loop);
  /// False if it has started.
  [[nodiscard]] static bool withdraw(ThreadJob& job) noexcept;
  /// Waits for all calls, and for the threads to end. There are none afterwards.
  static void finish();
};

}  // namespace mtaio::python
