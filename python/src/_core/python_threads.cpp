#include "_core/python_threads.hpp"

#include <mtaio/thread_pool.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <new>
#include <thread>

namespace mtaio::python {
namespace {

// Guarded by the GIL.
ThreadPool* pool = nullptr;
bool finished = false;
lowlevel::IntrusiveList<ThreadJob> calls;
bool runner_on_its_way = false;  // submitted, and has not had the GIL yet

/// A thread of the pool keeps its Python thread state from one call to the next: that it is made
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

bool send_runner() {
  auto* runner = new lowlevel::BlockingJob{&run};
  try {
    pool->submit(*runner);
  } catch (const std::exception& error) {
    delete runner;
    PyErr_Format(PyExc_RuntimeError, "can't start new thread: %s", error.what());
    return false;
  }
  runner_on_its_way = true;
  return true;
}

void run(lowlevel::BlockingJob& self) noexcept {
  delete &self;
  PythonThread& thread = this_python_thread;
  thread.acquire_gil();
  runner_on_its_way = false;
  ThreadJob* last = nullptr;
  while (ThreadJob* job = calls.pop_front()) {
    // Another thread, in case the function blocks; at the exit there are no more.
    if (pool && !calls.empty() && !runner_on_its_way && !send_runner()) PyErr_Clear();
    job->call();
    if (calls.empty()) {
      last = job;
      break;
    }
    job->finished();
  }
  thread.release_gil();
  // Only now: the loop that is woken wants the GIL first of all.
  if (last) last->finished();
}

void after_fork_in_child() noexcept {
  pool = nullptr;  // its threads are in the parent
  runner_on_its_way = false;
  new (&calls) lowlevel::IntrusiveList<ThreadJob>;
}

bool start() {
  static const int fork_handler = pthread_atfork(nullptr, nullptr, &after_fork_in_child);
  (void)fork_handler;
  // As many as asyncio's to_thread() has.
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  pool = new ThreadPool{std::min<std::size_t>(32, cores + 4)};
  return true;
}

}  // namespace

bool PythonThreads::submit(ThreadJob& job) {
  if (finished) {
    PyErr_SetString(PyExc_RuntimeError,
                    "TaskExecutor.run_in_thread(): the interpreter is about to exit.");
    return false;
  }
  if (!pool && !start()) return false;
  calls.push_back(job);
  if (runner_on_its_way || send_runner()) return true;
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
  Py_BEGIN_ALLOW_THREADS  //
      delete ending;
  Py_END_ALLOW_THREADS
}

}  // namespace mtaio::python
