#include "module/threads/python_threads.hpp"

#include <mtaio/thread_pool.hpp>

#include "bridge/runtime_state.hpp"

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
bool runner_on_its_way = false;  // submitted, and has not had the GIL yet
EventLoop* asked = nullptr;      // is going to send one in its next turn; held

// E1  send <-> finish   A sender counts itself, with the GIL, before it uses the pool without.
// Whoever
//                       deletes the pool has taken it away before, with the GIL, and waits for the
//                       count.
std::atomic<int> senders{0};

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

/// Has a thread come and run calls. If none can be started: why.
std::optional<std::string> start_runner(ThreadPool& in) {
  auto* runner = new lowlevel::BlockingJob{&run};
  try {
    in.submit(*runner);
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
  runner_on_its_way = false;
  ThreadJob* last = nullptr;
  while (ThreadJob* job = calls.pop_front()) {
    // Another thread, in case the function blocks; at the exit there are no more.
    if (pool && !calls.empty() && !runner_on_its_way) runner_on_its_way = !start_runner(*pool);
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

void refuse_all(const std::string& reason) {
  const Reference text = Reference::take(PyUnicode_FromFormat(
      "TaskExecutor.run_in_thread(): can't start a thread: %s.", reason.c_str()));
  const Reference error =
      Reference::take(text ? PyObject_CallOneArg(PyExc_RuntimeError, text.get()) : nullptr);
  if (!error) return;
  while (ThreadJob* job = calls.pop_front()) job->refused(error.get());
}

/// What a loop calls in the turn after a submit.
PyObject* send_runner(PyObject*, PyObject*) {
  if (EventLoop* loop = std::exchange(asked, nullptr)) loop->release();
  if (!pool || calls.empty() || runner_on_its_way) Py_RETURN_NONE;
  runner_on_its_way = true;
  ThreadPool& to = *pool;
  senders.fetch_add(1, std::memory_order_relaxed);
  std::optional<std::string> problem;
  Py_BEGIN_ALLOW_THREADS;
  problem = start_runner(to);
  senders.fetch_sub(1, std::memory_order_release);  // E1, the sender
  Py_END_ALLOW_THREADS;
  if (!problem) Py_RETURN_NONE;
  runner_on_its_way = false;
  refuse_all(*problem);
  if (PyErr_Occurred()) return nullptr;
  Py_RETURN_NONE;
}

/// Has the loop send a runner in its next turn. False with an exception set.
bool ask(EventLoop& loop) {
  static PyMethodDef method{"send_runner", &send_runner, METH_NOARGS, nullptr};
  static PyObject* const function = PyCFunction_New(&method, nullptr);
  const Reference of = loop.loop();
  if (!function || !of) return false;
  const Reference handle =
      Reference::take(PyObject_CallMethodOneArg(of.get(), state().name_call_soon, function));
  if (!handle) return false;
  if (asked) asked->release();
  loop.hold();
  asked = &loop;
  return true;
}

void after_fork_in_child() noexcept {
  pool = nullptr;  // its threads are in the parent
  runner_on_its_way = false;
  asked = nullptr;
  senders.store(0, std::memory_order_relaxed);
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

bool PythonThreads::submit(ThreadJob& job, EventLoop& loop) {
  if (finished) {
    PyErr_SetString(PyExc_RuntimeError,
                    "TaskExecutor.run_in_thread(): the interpreter is about to exit.");
    return false;
  }
  if (!pool && !start()) return false;
  calls.push_back(job);
  if (runner_on_its_way || asked == &loop || ask(loop)) return true;
  if (!job.linked()) {  // another loop's thread has taken it meanwhile
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
  while (senders.load(std::memory_order_acquire) > 0) std::this_thread::yield();  // E1
  delete ending;
  Py_END_ALLOW_THREADS;
}

}  // namespace mtaio::python
