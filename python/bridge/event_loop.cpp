#include <mtaio/python/event_loop.hpp>

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/loop_wakeup.hpp"
#include "bridge/running_loop.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <new>
#include <vector>

namespace mtaio::python {
namespace {

// Guarded by the GIL.

/// The open loops.
std::vector<EventLoop*> loops;
/// The one that was looked up last.
EventLoop* last_loop = nullptr;

/// The first error raised by a batch of jobs. An error does not keep the other jobs from running.
class FirstError {
 public:
  void note() noexcept {
    if (PyErr_Occurred() == nullptr) return;
    RaisedError raised = RaisedError::fetch();
    if (!first_) first_ = std::move(raised);
  }
  /// Raises the error, if there was one; returns whether there was.
  bool raise() && noexcept {
    if (!first_) return false;
    std::move(first_).restore();
    return true;
  }
  explicit operator bool() const noexcept { return static_cast<bool>(first_); }

 private:
  RaisedError first_;
};

}  // namespace

EventLoop* EventLoop::of_running() {
  PyObject* running = running_loop();
  if (!running) {
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return nullptr;
  }
  EventLoop* found = last_loop;
  if (!found || found->loop_address_ != running) {
    const auto at = std::ranges::find(loops, running, &EventLoop::loop_address_);
    found = at != loops.end() ? *at : create(running);
    if (!found) return nullptr;
    last_loop = found;
  }
  found->retain();
  return found;
}

EventLoop* EventLoop::create(PyObject* loop) {
  static const int fork_handler = pthread_atfork(nullptr, nullptr, &EventLoop::after_fork_in_child);
  (void)fork_handler;
  trust_kept_loop();
  const Reference keep = Reference::to(loop);
  auto* made = new EventLoop{loop};
  if (!made->start_watching(loop)) {
    made->close();
    made->release();
    return nullptr;
  }
  loops.push_back(made);
  return made;
}

EventLoop::EventLoop(PyObject* loop) noexcept : loop_address_{loop} {}

EventLoop::~EventLoop() {
  if (eventfd_ >= 0) ::close(eventfd_);
}

bool EventLoop::start_watching(PyObject* loop) {
  eventfd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (eventfd_ < 0) {
    PyErr_SetFromErrno(PyExc_OSError);
    return false;
  }
  weak_loop_ = PyWeakref_NewRef(loop, nullptr);
  if (!weak_loop_) return false;
  const Reference wakeup = Reference::take(LoopWakeup::create(*this));
  if (!wakeup) return false;
  const Reference added =
      Reference::take(PyObject_CallMethod(loop, "add_reader", "iO", eventfd_, wakeup.get()));
  return static_cast<bool>(added);
}

Reference EventLoop::loop() const noexcept {
  if (!weak_loop_) return {};
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* loop = nullptr;
  if (PyWeakref_GetRef(weak_loop_, &loop) < 0) PyErr_Clear();
  return Reference::take(loop);
#else
  PyObject* loop = PyWeakref_GetObject(weak_loop_);
  return Reference::to(loop == Py_None ? nullptr : loop);
#endif
}

OperationFuture* EventLoop::create_future(PyObject* owner) const {
  const Reference running = loop();
  if (running) return OperationFuture::create(running.get(), owner);
  PyErr_SetString(PyExc_RuntimeError, "the event loop is gone");
  return nullptr;
}

bool EventLoop::is_running_here() const noexcept {
  return running_loop() == loop_address_ && !closed();
}

void EventLoop::post(lowlevel::Job& job) noexcept {
  if (batching_thread.load(std::memory_order_relaxed) == this_thread_id() && is_running_here()) {
    batched_jobs.push_back(job);
    return;
  }
  post_from_elsewhere(job);
}

void EventLoop::post_from_elsewhere(lowlevel::Job& job) noexcept {
  {
    const std::scoped_lock guard{lock_};
    if (!closed()) {
      posted_.push_back(job);
      if (signalled_) return;
      signalled_ = true;
      // Under the lock, so that the eventfd is still open.
      const std::uint64_t one = 1;
      while (::write(eventfd_, &one, sizeof one) < 0 && errno == EINTR) {
      }
      return;
    }
  }
  (void)job.run();  // post/close, the poster
}

bool EventLoop::flush_all() {
  // Jobs that are posted meanwhile, by Python code of the loop, are for another call of flush().
  Jobs mine;
  mine.splice_back(batched_jobs);
  FirstError first;
  while (lowlevel::Job* job = mine.pop_front()) {
    (void)job->run();
    first.note();
  }
  return !std::move(first).raise();
}

void EventLoop::flush_all_unraisable() noexcept {
  const PreservedError preserved;
  if (!flush_all()) PyErr_WriteUnraisable(nullptr);
}

bool EventLoop::run_posted() {
  retain();  // a job may drop the callback that calls this function
  std::uint64_t count = 0;
  while (::read(eventfd_, &count, sizeof count) < 0 && errno == EINTR) {
  }
  Jobs mine;
  {
    const std::scoped_lock guard{lock_};
    signalled_ = false;
    mine.splice_back(posted_);
  }
  FirstError first;
  while (lowlevel::Job* job = mine.pop_front()) {
    may_step_ = !first;  // once a task has raised an error that ends the loop, no task continues
    (void)job->run();
    may_step_ = false;
    first.note();
  }
  release();
  return !std::move(first).raise();
}

void EventLoop::close() noexcept {
  const bool registered = std::erase(loops, this) > 0;
  if (last_loop == this) last_loop = nullptr;
  Jobs mine;
  {
    const std::scoped_lock guard{lock_};
    closed_.store(true, std::memory_order_relaxed);  // post/close, the closer
    mine.splice_back(posted_);
  }
  while (lowlevel::Job* job = mine.pop_front()) (void)job->run();
  Py_CLEAR(weak_loop_);
  if (registered) release();
}

void EventLoop::close_all() noexcept {
  while (!loops.empty()) loops.back()->close();
}

/// None of the parent's loops runs in the child; operations that wait in them wait in the parent.
void EventLoop::after_fork_in_child() noexcept {
  for (EventLoop* each : loops) {
    each->closed_.store(true, std::memory_order_relaxed);
    // It is shared with the parent, whose loop the child must not wake.
    ::close(each->eventfd_);
    each->eventfd_ = -1;
    new (&each->lock_) lowlevel::SpinLock;
    new (&each->posted_) Jobs;
  }
  loops.clear();
  distrust_kept_loop();
  last_loop = nullptr;
  batching_thread.store(0, std::memory_order_relaxed);
  new (&batched_jobs) Jobs;
}

}  // namespace mtaio::python
