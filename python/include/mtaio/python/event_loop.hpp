/// An asyncio event loop as a scheduler.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/python/arrival_scheduler.hpp>
#include <mtaio/python/reference.hpp>

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <utility>

namespace mtaio::python {

/// Brings jobs from any thread to the thread on which an event loop of asyncio, or of uvloop, runs.
///
/// There is one for each loop in which something of the library has waited. It knows the loop
/// weakly and is shared by whoever waits in it. A post needs no GIL: it links the job and writes to
/// an eventfd that the loop watches, once for all the jobs that are there when the loop gets to
/// it. A post on the loop's own thread inside a `Calling` needs no eventfd either.
///
/// `Job::run()` is called with the GIL, on the loop's thread while it runs; or, once the loop has
/// been closed (`closed()`), on the thread that posts or closes it, perhaps without the GIL. It
/// must touch no Python object then. What it returns is ignored.
///
/// E1  post <-> close    both under lock_: a job is in the list when the loop is closed, or the
///                       poster sees that it is closed.
class EventLoop final : public ArrivalScheduler {
 public:
  /// That of the running loop, held for the caller. Null with an exception set when no loop runs.
  [[nodiscard]] static EventLoop* of_running();

  void hold() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  /// The loop itself; null when it is gone. With the GIL.
  [[nodiscard]] Reference loop() const noexcept;
  /// Whether it is the loop that runs on this thread. With the GIL.
  [[nodiscard]] bool is_running_here() const noexcept;
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  /// Whether a job that is run may step a task itself, instead of having the loop do it: true at
  /// most once, in a job that came from elsewhere. With the GIL, on the loop's thread.
  [[nodiscard]] bool may_step() noexcept { return std::exchange(may_step_, false); }

  /// The interpreter is about to exit: no loop will run any more. With the GIL.
  static void close_all() noexcept;

  /// The GIL is held, and whatever is posted by this thread to a loop that runs on it is kept for
  /// `deliver()`.
  class Calling {
   public:
    Calling() noexcept { calling_thread.store(this_thread_id(), std::memory_order_relaxed); }
    Calling(const Calling&) = delete;
    Calling& operator=(const Calling&) = delete;
    ~Calling() { calling_thread.store(0, std::memory_order_relaxed); }
  };

  /// Runs what was posted inside a `Calling`; directly after it, before anything else that may run
  /// Python code. False with an exception set.
  [[nodiscard]] static bool deliver() { return kept_jobs.empty() || deliver_all(); }
  /// The same where nothing can be raised; an exception that is set stays.
  static void deliver_unraisable() noexcept {
    if (!kept_jobs.empty()) deliver_all_unraisable();
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
  [[gnu::cold]] static bool deliver_all();
  [[gnu::cold]] static void deliver_all_unraisable() noexcept;

  bool start_watching(PyObject* loop);
  void post_from_elsewhere(lowlevel::Job& job) noexcept;
  /// The loop's callback for the eventfd.
  bool run_posted();
  void close() noexcept;
  static void after_fork_in_child() noexcept;

  // Which thread is inside a Calling; it holds the GIL. Read without it by posts from elsewhere.
  static inline constinit std::atomic<std::uintptr_t> calling_thread{0};
  static inline constinit Jobs kept_jobs;  // guarded by the GIL

  std::atomic<std::uint32_t> references_{1};
  PyObject* weak_loop_ = nullptr;
  PyObject* loop_address_;  // for comparison only
  int eventfd_ = -1;
  bool may_step_ = false;            // with the GIL only
  std::atomic<bool> closed_{false};  // written under lock_
  lowlevel::SpinLock lock_;              // guards all below
  bool signalled_ = false;           // the eventfd has been written to, and not yet read
  Jobs posted_;
};

}  // namespace mtaio::python
