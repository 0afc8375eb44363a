/// The threads in which run_in_thread() calls Python functions.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// A call of a Python function that waits for a thread.
class ThreadJob : public lowlevel::ListNode<ThreadJob> {
 public:
  /// Calls the function. With the GIL.
  virtual void call() = 0;
  /// Tells whoever waits. Without the GIL, or with it; it may be gone when this returns.
  virtual void finished() noexcept = 0;

 protected:
  ~ThreadJob() = default;
};

/// Calls run in the order of submission, each on one of the library's threads. A thread that has
/// the GIL goes on with the next call without giving it up; while a function lets go of it, to
/// block, other threads take the other calls. All members are called with the GIL.
class PythonThreads {
 public:
  /// False with an exception set: the interpreter is about to exit, or no thread can be started.
  [[nodiscard]] static bool submit(ThreadJob& job);
  /// False if it has started.
  [[nodiscard]] static bool withdraw(ThreadJob& job) noexcept;
  /// Waits for all calls, and for the threads to end. There are none afterwards.
  static void finish();
};

}  // namespace mtaio::python
