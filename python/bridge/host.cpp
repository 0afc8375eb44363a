#include "bridge/host.hpp"

#include <mtaio/async_queue.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/python/awaitable.hpp>
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

/// Ends with CancelledError: its executor then stops what it has created, and waits.
Task<void> serve(AsyncQueue<TaskCall*>& calls) {
  TaskExecutor executor;
  for (;;) {
    TaskCall* call = co_await calls.get();
    call->launch(executor);
  }
}

class Host {
 public:
  Host() : thread_{[this] { run(); }} {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
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
    } catch (const CancelledError&) {  // NOLINT(bugprone-empty-catch): that is how it ends
    }
  }

  AsyncQueue<TaskCall*> calls_;
  std::stop_source stop_;
  std::thread thread_;
};

// Guarded by the GIL.
Host* host = nullptr;
bool finished = false;

PyObject* finish(PyObject*, PyObject*) {
  finished = true;
  if (Host* ending = host) {
    host = nullptr;
    EventLoop::close_all();
    LoopCall::abandon_all();
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
  // Its threads are the parent's.
  static const int fork_handler = pthread_atfork(nullptr, nullptr, [] { host = nullptr; });
  (void)fork_handler;
  try {
    host = new Host;
  } catch (const std::system_error& error) {
    PyErr_Format(PyExc_RuntimeError, "can't start new thread: %s", error.what());
    return false;
  }
  return true;
}

}  // namespace

bool launch_on_host(TaskCall& call) {
  if (finished) {
    PyErr_SetString(PyExc_RuntimeError, "no C++ task can start: the interpreter is about to exit");
    return false;
  }
  if (!host && !start()) return false;
  host->submit(call);
  return true;
}

}  // namespace mtaio::python
