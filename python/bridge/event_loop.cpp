#include <mtaio/python/event_loop.hpp>

#include "bridge/loop_wakeup.hpp"
#include "bridge/running_loop.hpp"
#include "bridge/runtime_state.hpp"

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
std::vector<EventLoop*> loops;   // open ones
EventLoop* last_loop = nullptr;  // the one that was looked up last

/// Of the errors that jobs raise, the first: one of them does not keep the others from running.
class FirstError {
 public:
  void note() noexcept {
    if (PyErr_Occurred() == nullptr) return;
    RaisedError raised = RaisedError::fetch();
    if (!first_) first_ = std::move(raised);
  }
  /// Whether there was one, which is raised.
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
  found->hold();
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

bool EventLoop::is_running_here() const noexcept {
  return running_loop() == loop_address_ && !closed();
}

void EventLoop::post(lowlevel::Job& job) noexcept {
  if (calling_thread.load(std::memory_order_relaxed) == this_thread_id() && is_running_here()) {
    kept_jobs.push_back(job);
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
      // Under the lock: so that the eventfd is still open.
      const std::uint64_t one = 1;
      while (::write(eventfd_, &one, sizeof one) < 0 && errno == EINTR) {
      }
      return;
    }
  }
  (void)job.run();  // E1, the poster
}

bool EventLoop::deliver_all() {
  // What is posted meanwhile, by Python code of the loop, is another call's.
  Jobs mine;
  mine.splice_back(kept_jobs);
  FirstError first;
  while (lowlevel::Job* job = mine.pop_front()) {
    (void)job->run();
    first.note();
  }
  return !std::move(first).raise();
}

void EventLoop::deliver_all_unraisable() noexcept {
  RaisedError before = RaisedError::fetch();
  if (!deliver_all()) PyErr_WriteUnraisable(nullptr);
  if (before) std::move(before).restore();
}

bool EventLoop::run_posted() {
  hold();  // what is called may drop the callback that this is called from
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
    may_step_ = !first;  // no task goes on once one has raised what ends the loop
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
    closed_.store(true, std::memory_order_release);  // E1, the closer
    mine.splice_back(posted_);
  }
  while (lowlevel::Job* job = mine.pop_front()) (void)job->run();
  Py_CLEAR(weak_loop_);
  if (registered) release();
}

void EventLoop::close_all() noexcept {
  while (!loops.empty()) loops.back()->close();
}

/// The child has none of its parent's loops running; what waits in them waits there.
void EventLoop::after_fork_in_child() noexcept {
  for (EventLoop* each : loops) {
    each->closed_.store(true, std::memory_order_relaxed);
    // Shared with the parent, whose loop must not be woken by what the child does.
    ::close(each->eventfd_);
    each->eventfd_ = -1;
    new (&each->lock_) lowlevel::SpinLock;
    new (&each->posted_) Jobs;
  }
  loops.clear();
  distrust_kept_loop();
  last_loop = nullptr;
  calling_thread.store(0, std::memory_order_relaxed);
  new (&kept_jobs) Jobs;
}

}  // namespace mtaio::python
