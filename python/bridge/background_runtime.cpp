#include "bridge/background_runtime.hpp"

#include <mtaio/async_queue.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/python/python_call.hpp>
#include <mtaio/python/task_call.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/with_stop_token.hpp>

#include <pthread.h>

#include <memory>
#include <stop_token>
#include <system_error>
#include <thread>

namespace mtaio::python {
namespace {

/// Launches calls until it is cancelled. Its executor then stops the tasks that it has created, and
/// waits for them.
Task<void> serve(AsyncQueue<TaskCall*>& calls) {
  TaskExecutor executor;
  for (;;) {
    TaskCall* call = co_await calls.get();
    call->launch(executor);
  }
}

/// A runtime on a thread of its own.
class BackgroundRuntime {
 public:
  BackgroundRuntime() : thread_{[this] { run(); }} {}
  BackgroundRuntime(const BackgroundRuntime&) = delete;
  BackgroundRuntime& operator=(const BackgroundRuntime&) = delete;
  ~BackgroundRuntime() {
    stop_.request_stop();
    thread_.join();
  }

  void submit(TaskCall& call) {
    TaskCall* item = &call;
    calls_.try_put(item);
  }

 private:
  void run() noexcept {
    try {
      mtaio::run(with_stop_token(stop_.get_token(), serve(calls_)));
    } catch (const CancelledError&) {  // NOLINT(bugprone-empty-catch): every runtime ends so
    }
  }

  AsyncQueue<TaskCall*> calls_;
  std::stop_source stop_;
  std::thread thread_;
};

// Guarded by the GIL.
BackgroundRuntime* background = nullptr;
bool finished = false;

PyObject* finish(PyObject*, PyObject*) {
  finished = true;
  if (BackgroundRuntime* ending = background) {
    background = nullptr;
    EventLoop::close_all();
    PythonCall::abandon_all();
    Py_BEGIN_ALLOW_THREADS  //
        delete ending;
    Py_END_ALLOW_THREADS
  }
  Py_RETURN_NONE;
}

PyMethodDef finish_method{"finish_tasks", &finish, METH_NOARGS, nullptr};

bool start() {
  const Reference at_exit = Reference::take(PyImport_ImportModule("atexit"));
  const Reference function = Reference::take(PyCFunction_New(&finish_method, nullptr));
  if (!at_exit || !function) return false;
  const Reference registered =
      Reference::take(PyObject_CallMethod(at_exit.get(), "register", "O", function.get()));
  if (!registered) return false;
  // In a forked child its threads do not exist.
  static const int fork_handler = pthread_atfork(nullptr, nullptr, [] { background = nullptr; });
  (void)fork_handler;
  try {
    background = new BackgroundRuntime;
  } catch (const std::system_error& error) {
    PyErr_Format(PyExc_RuntimeError, "can't start new thread: %s", error.what());
    return false;
  }
  return true;
}

}  // namespace

bool launch_in_background(TaskCall& call) {
  if (finished) {
    PyErr_SetString(PyExc_RuntimeError, "no C++ task can start: the interpreter is about to exit");
    return false;
  }
  if (!background && !start()) return false;
  background->submit(call);
  return true;
}

}  // namespace mtaio::python
