/// An asyncio event loop as a place where jobs are posted.
#pragma once

#include <mtaio/base/ref_count.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/poster.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/python/operation_future.hpp>
#include <mtaio/python/reference.hpp>

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <utility>

namespace mtaio::python {

/// Brings jobs from any thread to the thread on which an event loop of asyncio, or of uvloop, runs.
///
/// There is one for each loop in which something of the library has waited. It knows the loop
/// weakly, and all that wait in the loop share it. A post needs no GIL: it links the job and writes
/// to an eventfd that the loop watches, once for all jobs that are there when the loop reads it. A
/// post on the loop's own thread inside a `Batch` needs no eventfd either.
///
/// `Job::run()` is called with the GIL, on the loop's thread while it runs. Once the loop has been
/// closed (`closed()`), it is called on the thread that posts or closes, perhaps without the GIL,
/// and must touch no Python object. What it returns is ignored.
///
/// post/close  Both take lock_: the job is in the list when the loop is closed, and the closer runs
///             it, or the poster sees that the loop is closed, and runs it itself. closed_ needs no
///             order of its own: it is written with the GIL and lock_, and each reader has one of
///             them, or is a job that such a reader runs.
class EventLoop final : public lowlevel::Poster {
 public:
  /// The EventLoop of the running loop, retained for the caller. Null with an exception set when no
  /// loop runs.
  [[nodiscard]] static EventLoop* of_running();

  void retain() noexcept { owners_.retain(); }
  void release() noexcept {
    if (owners_.release()) delete this;
  }

  /// The loop itself; null when it was destroyed. With the GIL.
  [[nodiscard]] Reference loop() const noexcept;
  /// A future of the loop for the task that awaits `owner`. Null with an exception set. With the
  /// GIL.
  [[nodiscard]] OperationFuture* create_future(PyObject* owner) const;
  /// Whether it is the loop that runs on this thread. With the GIL.
  [[nodiscard]] bool is_running_here() const noexcept;
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_relaxed); }

  /// Whether a job that is run may step a task itself, instead of having the loop do it: true at
  /// most once, in a job that came from elsewhere. With the GIL, on the loop's thread.
  [[nodiscard]] bool may_step() noexcept { return std::exchange(may_step_, false); }

  /// The interpreter is about to exit: no loop will run any more. With the GIL.
  static void close_all() noexcept;

  /// As long as it exists, jobs that this thread posts to a loop that runs on it are kept for
  /// `flush()`. With the GIL.
  class Batch {
   public:
    Batch() noexcept { batching_thread.store(this_thread_id(), std::memory_order_relaxed); }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch() { batching_thread.store(0, std::memory_order_relaxed); }
  };

  /// Runs the jobs that were posted inside a `Batch`. Has to follow it directly, before anything
  /// else that may run Python code. False with an exception set.
  [[nodiscard]] static bool flush() { return batched_jobs.empty() || flush_all(); }
  /// The same where nothing can be raised; an exception that is set stays.
  static void flush_unraisable() noexcept {
    if (!batched_jobs.empty()) flush_all_unraisable();
  }

  void post(lowlevel::Job& job) noexcept override;

 private:
  friend struct LoopWakeup;
  using Jobs = lowlevel::IntrusiveList<lowlevel::Job>;

  explicit EventLoop(PyObject* loop) noexcept;
  ~EventLoop();

  static EventLoop* create(PyObject* loop);
  static std::uintptr_t this_thread_id() noexcept {
    return static_cast<std::uintptr_t>(pthread_self());
  }
  static bool flush_all();
  static void flush_all_unraisable() noexcept;

  bool start_watching(PyObject* loop);
  void post_from_elsewhere(lowlevel::Job& job) noexcept;
  /// The loop's callback for the eventfd.
  bool run_posted();
  void close() noexcept;
  static void after_fork_in_child() noexcept;

  /// The thread inside a Batch, which holds the GIL. Posts from elsewhere read it without the GIL.
  static inline constinit std::atomic<std::uintptr_t> batching_thread{0};
  /// Guarded by the GIL.
  static inline constinit Jobs batched_jobs;

  internal::RefCount owners_;
  PyObject* weak_loop_ = nullptr;
  /// For comparison only.
  PyObject* loop_address_;
  int eventfd_ = -1;
  /// Guarded by the GIL.
  bool may_step_ = false;
  /// Written under lock_ and with the GIL.
  std::atomic<bool> closed_{false};
  /// Guards the fields below.
  lowlevel::SpinLock lock_;
  /// The eventfd was written to and not read yet.
  bool signalled_ = false;
  Jobs posted_;
};

}  // namespace mtaio::python
