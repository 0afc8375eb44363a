/// What an operation has run outside the event loop.
#pragma once

#include <mtaio/lowlevel/job.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/pending.hpp>

#include <atomic>
#include <coroutine>

namespace mtaio::python {

/// Something that runs outside an event loop and comes back to it: shared by the operation, which
/// Python may drop at any time, and by whoever runs it.
class OutsideCall : protected lowlevel::Job {
 public:
  OutsideCall(const OutsideCall&) = delete;
  OutsideCall& operator=(const OutsideCall&) = delete;

  /// Has the Python task wait, again. False with an exception set. With the GIL.
  [[nodiscard]] bool wait(PyObject* owner);
  [[nodiscard]] Pending* pending() const noexcept { return pending_; }
  [[nodiscard]] bool done() const noexcept { return done_; }

 protected:
  /// `back` is run where it comes back, and ends with `arrive`.
  explicit OutsideCall(Function back = &OutsideCall::arrive) noexcept : Job{back} {}
  virtual ~OutsideCall();

  /// It is to come back to `loop`, and `owner` waits. Once. False with an exception set.
  [[nodiscard]] bool prepare(EventLoop& loop, PyObject* owner);
  [[nodiscard]] bool loop_closed() const noexcept { return loop_->closed(); }
  void come_back() noexcept { loop_->post(*this); }
  static std::coroutine_handle<> arrive(lowlevel::Job& job) noexcept;

  /// The operation waits no longer. With the GIL.
  void forget_pending() noexcept;
  /// The operation is the first owner, whoever runs it the second, who lets go by coming back.
  void hold() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  EventLoop* loop_ = nullptr;
  Pending* pending_ = nullptr;  // with the GIL only
  bool done_ = false;           // with the GIL only
  std::atomic<int> owners_{1};
};

}  // namespace mtaio::python
