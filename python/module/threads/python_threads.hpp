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
  /// Wakes the operation that waits. With the GIL or without it. This may destroy the job.
  virtual void finished() noexcept = 0;
  /// Instead of both: the function cannot be called, because of `error` (borrowed). With the GIL.
  virtual void refused(PyObject* error) noexcept = 0;

 protected:
  ~ThreadJob() = default;
};

/// Calls run in the order of submission, each on one of the library's threads. A thread that has
/// the GIL continues with the next call without releasing it; while a function releases the GIL, to
/// block, other threads take the other calls. All members are called with the GIL.
///
/// The loop starts a runner, a thread that runs calls, on its next iteration and without the GIL:
/// the runner needs the GIL first of all, and by then the loop has little left to do with it. So
/// the runner finds all calls of that iteration, and on one core it preempts the loop and runs them
/// immediately.
class PythonThreads {
 public:
  /// On the thread of `loop`. False with an exception set: the interpreter is about to exit.
  [[nodiscard]] static bool submit(ThreadJob& job, EventLoop& loop);
  /// Removes a job that has not started. False if it has started.
  [[nodiscard]] static bool withdraw(ThreadJob& job) noexcept;
  /// Waits for all calls, and for the threads to end. No call can be submitted afterwards.
  static void finish();
};

}  // namespace mtaio::python
