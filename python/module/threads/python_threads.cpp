/// send/finish  A sender counts itself, with the GIL, before it uses the pool without the GIL.
///              finish() first takes the pool away, with the GIL, so that no further sender can
///              begin. Then it waits until the count is zero, which acquires all that the senders
///              did, and deletes the pool.
#include "module/threads/python_threads.hpp"

#include <mtaio/thread_pool.hpp>

#include "bridge/cached_objects.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace mtaio::python {
namespace {

// Guarded by the GIL.
ThreadPool* pool = nullptr;
bool finished = false;
lowlevel::IntrusiveList<ThreadJob> calls;
/// A runner was submitted to the pool and has not had the GIL yet.
bool runner_starting = false;
/// The loop that will start a runner on its next iteration; retained.
EventLoop* asked = nullptr;

std::atomic<int> senders{0};

/// A thread of the pool, which keeps its Python thread state from one call to the next: making one
/// costs more than most calls, and threading.local lives in it.
class PythonThread {
 public:
  PythonThread() = default;
  PythonThread(const PythonThread&) = delete;
  PythonThread& operator=(const PythonThread&) = delete;
  ~PythonThread() {
    if (!state_) return;
    PyEval_RestoreThread(state_);
    PyGILState_Release(first_);
  }

  void acquire_gil() noexcept {
    if (state_) {
      PyEval_RestoreThread(state_);
    } else {
      first_ = PyGILState_Ensure();
    }
  }
  void release_gil() noexcept { state_ = PyEval_SaveThread(); }

 private:
  PyThreadState* state_ = nullptr;
  PyGILState_STATE first_{};
};

thread_local PythonThread this_python_thread;

void run(lowlevel::BlockingJob& self) noexcept;

/// Has a thread of the pool run calls. If none can be started, returns why.
std::optional<std::string> start_runner(ThreadPool& threads) {
  auto* runner = new lowlevel::BlockingJob{&run};
  try {
    threads.submit(*runner);
    return std::nullopt;
  } catch (const std::exception& error) {
    delete runner;
    return error.what();
  }
}

void run(lowlevel::BlockingJob& self) noexcept {
  delete &self;
  PythonThread& thread = this_python_thread;
  thread.acquire_gil();
  runner_starting = false;
  ThreadJob* last = nullptr;
  while (ThreadJob* job = calls.pop_front()) {
    // Starts another runner, in case the function blocks; at the interpreter's exit there is no
    // pool.
    if (pool && !calls.empty() && !runner_starting) runner_starting = !start_runner(*pool);
    job->call();
    if (calls.empty()) {
      last = job;
      break;
    }
    job->finished();
  }
  thread.release_gil();
  // Without the GIL, because the loop that this wakes needs it first of all.
  if (last) last->finished();
}

void refuse_all(const std::string& reason) {
  const Reference text = Reference::take(PyUnicode_FromFormat(
      "TaskExecutor.run_in_thread(): can't start a thread: %s.", reason.c_str()));
  const Reference error =
      Reference::take(text ? PyObject_CallOneArg(PyExc_RuntimeError, text.get()) : nullptr);
  if (!error) return;
  while (ThreadJob* job = calls.pop_front()) job->refused(error.get());
}

/// The loop calls this on the iteration after a submit.
PyObject* start_runner_for_loop(PyObject*, PyObject*) {
  if (EventLoop* loop = std::exchange(asked, nullptr)) loop->release();
  if (!pool || calls.empty() || runner_starting) Py_RETURN_NONE;
  runner_starting = true;
  ThreadPool& threads = *pool;
  senders.fetch_add(1, std::memory_order_relaxed);
  std::optional<std::string> problem;
  Py_BEGIN_ALLOW_THREADS;
  problem = start_runner(threads);
  senders.fetch_sub(1, std::memory_order_release);  // send/finish, the sender
  Py_END_ALLOW_THREADS;
  if (!problem) Py_RETURN_NONE;
  runner_starting = false;
  refuse_all(*problem);
  if (PyErr_Occurred()) return nullptr;
  Py_RETURN_NONE;
}

/// Has the loop start a runner on its next iteration. False with an exception set.
bool ask(EventLoop& event_loop) {
  static PyMethodDef method{"start_runner_for_loop", &start_runner_for_loop, METH_NOARGS, nullptr};
  static PyObject* const function = PyCFunction_New(&method, nullptr);
  const Reference loop = event_loop.loop();
  if (!function || !loop) return false;
  const Reference handle =
      Reference::take(PyObject_CallMethodOneArg(loop.get(), cached().name_call_soon, function));
  if (!handle) return false;
  if (asked) asked->release();
  event_loop.retain();
  asked = &event_loop;
  return true;
}

void after_fork_in_child() noexcept {
  pool = nullptr;  // its threads do not exist in the child
  runner_starting = false;
  asked = nullptr;
  senders.store(0, std::memory_order_relaxed);
  new (&calls) lowlevel::IntrusiveList<ThreadJob>;
}

bool start() {
  static const int fork_handler = pthread_atfork(nullptr, nullptr, &after_fork_in_child);
  (void)fork_handler;
  // The number of threads of asyncio.to_thread().
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  pool = new ThreadPool{std::min<std::size_t>(32, cores + 4)};
  return true;
}

}  // namespace

bool PythonThreads::submit(ThreadJob& job, EventLoop& loop) {
  if (finished) {
    PyErr_SetString(PyExc_RuntimeError,
                    "TaskExecutor.run_in_thread(): the interpreter is about to exit.");
    return false;
  }
  if (!pool && !start()) return false;
  calls.push_back(job);
  if (runner_starting || asked == &loop || ask(loop)) return true;
  if (!job.linked()) {  // a runner that another loop started has taken it meanwhile
    PyErr_Clear();
    return true;
  }
  calls.erase(job);
  return false;
}

bool PythonThreads::withdraw(ThreadJob& job) noexcept {
  if (!job.linked()) return false;
  calls.erase(job);
  return true;
}

void PythonThreads::finish() {
  finished = true;
  ThreadPool* ending = pool;
  pool = nullptr;
  if (!ending) return;
  Py_BEGIN_ALLOW_THREADS;
  while (senders.load(std::memory_order_acquire) > 0) {  // send/finish, the end
    std::this_thread::yield();
  }
  delete ending;
  Py_END_ALLOW_THREADS;
}

}  // namespace mtaio::python
