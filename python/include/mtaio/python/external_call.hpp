/// A call that an operation makes outside the event loop.
#pragma once

#include <mtaio/base/ref_count.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/operation_future.hpp>

#include <coroutine>

namespace mtaio::python {

/// A call that runs outside an event loop and comes back to the loop. It has two owners: the
/// operation, which Python may drop at any time, and the thread or task that runs the call.
class ExternalCall : protected lowlevel::Job {
 public:
  ExternalCall(const ExternalCall&) = delete;
  ExternalCall& operator=(const ExternalCall&) = delete;

  /// Gives the Python task a future to wait for, also when it waits again. False with an exception
  /// set. With the GIL.
  [[nodiscard]] bool wait(PyObject* owner);
  [[nodiscard]] OperationFuture* future() const noexcept { return future_; }
  [[nodiscard]] bool done() const noexcept { return done_; }

 protected:
  /// The loop runs `arrival` when the call comes back; it ends with `arrive`.
  explicit ExternalCall(Function arrival = &ExternalCall::arrive) noexcept : Job{arrival} {}
  virtual ~ExternalCall();

  /// Once, before the call runs: `owner` waits, and the call is to come back to `loop`. False with
  /// an exception set.
  [[nodiscard]] bool prepare(EventLoop& loop, PyObject* owner);
  [[nodiscard]] bool loop_closed() const noexcept { return loop_->closed(); }
  void come_back() noexcept { loop_->post(*this); }
  static std::coroutine_handle<> arrive(lowlevel::Job& job) noexcept;

  /// The operation waits no longer. With the GIL.
  void drop_future() noexcept;
  /// The operation is the first owner. The thread or task is the second, and `arrive` releases it.
  void retain() noexcept { owners_.retain(); }
  void release() noexcept {
    if (owners_.release()) delete this;
  }

 private:
  EventLoop* loop_ = nullptr;
  // With the GIL only.
  OperationFuture* future_ = nullptr;
  bool done_ = false;
  internal::RefCount owners_;
};

}  // namespace mtaio::python
