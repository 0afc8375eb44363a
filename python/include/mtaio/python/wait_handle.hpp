/// An operation that waits, as the core and the event loop know it.
#pragma once

#include <mtaio/base/ref_count.hpp>
#include <mtaio/python/blocked_thread.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/operation_future.hpp>

#include <atomic>
#include <memory>

namespace mtaio::python {

/// A waiter in a list of the core, for an operation of Python or for a call that blocks its thread.
/// It has two owners: that operation or call, which Python may destroy at any time, and the thread
/// that claims the waiter.
///
/// wake/give-up  The claim of the core decides. A thread that claims the waiter posts it, and it
///               arrives exactly once. If the operation claims it first, it never arrives.
/// take/undo     What the waiter was given, an item or a permit to put, is either taken by the
///               operation or given back by arrive() or abandon(): the first one to exchange
///               `settled_` does it. Both come after the claim, through the core's lock or the
///               post.
class WaitHandle {
 public:
  WaitHandle(const WaitHandle&) = delete;
  WaitHandle& operator=(const WaitHandle&) = delete;

  /// Enlists the waiter; it arrives in `loop`, which runs on this thread. False: there is no need
  /// to wait, and what the waiter was given has to be taken. With the GIL; `EventLoop::flush()` has
  /// to follow.
  [[nodiscard]] bool start(EventLoop& loop) noexcept;
  /// The same for a call that is going to block this thread.
  [[nodiscard]] bool start(std::unique_ptr<BlockedThread> thread) noexcept;
  /// The thread that it was started with.
  [[nodiscard]] BlockedThread& thread() noexcept { return *thread_; }

  /// A future for the task that awaits `owner`, done when the waiter arrives (borrowed). Null with
  /// an exception set.
  [[nodiscard]] OperationFuture* suspend(PyObject* owner);
  /// The future that suspend() has made; null before.
  [[nodiscard]] OperationFuture* future() const noexcept { return future_; }
  /// For the garbage collector.
  int traverse(visitproc visit, void* arg) {
    Py_VISIT(future_);
    return 0;
  }

  /// Whether it has arrived. With the GIL.
  [[nodiscard]] bool arrived() const noexcept { return arrived_; }
  /// Takes what the waiter was given: true once.
  [[nodiscard]] bool take() noexcept {
    return !settled_.exchange(true, std::memory_order_acq_rel);  // take/undo, both ends
  }
  /// Claims the waiter for the operation itself, which then waits no longer. False if another
  /// thread has claimed it.
  [[nodiscard]] bool claim_back() noexcept;

  /// The operation gives up its ownership: it waits no longer, and what the waiter was given and
  /// the operation has not taken is given back. With the GIL; an exception that is set stays.
  void abandon() noexcept;

 protected:
  WaitHandle() = default;
  virtual ~WaitHandle() {
    if (loop_) loop_->release();
  }

  /// Enters the list of waiters. False if there is no need to wait.
  virtual bool enlist(lowlevel::Poster& poster) noexcept = 0;
  virtual bool claim() noexcept = 0;
  /// Leaves the list.
  virtual void forget() noexcept = 0;
  /// Gives back what the waiter was given. Any thread, without the GIL.
  virtual void undo() noexcept = 0;
  virtual void destroy() noexcept = 0;

  /// The claimer posts the waiter as a job, which calls this.
  void arrive() noexcept;

 private:
  bool start_on(lowlevel::Poster& poster) noexcept;
  void release() noexcept {
    if (owners_.release()) destroy();
  }

  // One of these two is set.
  EventLoop* loop_ = nullptr;
  std::unique_ptr<BlockedThread> thread_;
  /// What start() has returned.
  bool waits_ = false;
  // With the GIL only.
  bool arrived_ = false;
  OperationFuture* future_ = nullptr;
  std::atomic<bool> settled_{false};
  internal::RefCount owners_;
};

}  // namespace mtaio::python
