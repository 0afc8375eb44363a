/// An operation that waits, as the core and the event loop know it.
#pragma once

#include <mtaio/python/blocked_thread.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/pending.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace mtaio::python {

/// Lies between what waits, which owns it, and what wakes it: it lives until both have let go. The
/// owner is a Python operation, which may be destroyed at any time, or a call that blocks its
/// thread.
///
/// E1  wake <-> give up   The claim of the core decides. Whoever has claimed it posts it, and it
///                        arrives exactly once; if the operation claims it first, nobody will.
/// E2  take <-> undo      What the claim brought (an item, a place) is taken by the operation, or
///                        given back, by whoever is first to exchange `settled_`.
class Wait {
 public:
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  /// Has it wait; it arrives in `loop`, which runs on this thread. False: there is no need to wait,
  /// and what it brought has to be taken. With the GIL; to be followed by `EventLoop::deliver()`.
  [[nodiscard]] bool start(EventLoop& loop) noexcept;
  /// The same for a call that is going to block this thread.
  [[nodiscard]] bool start(std::unique_ptr<BlockedThread> thread) noexcept;
  /// The thread that it was started with.
  [[nodiscard]] BlockedThread& thread() noexcept { return *thread_; }

  /// What the task is to wait for, as yielded by `owner`, until it arrives (borrowed). Null with an
  /// exception set.
  [[nodiscard]] Pending* suspend(PyObject* owner);
  /// The same again; null before.
  [[nodiscard]] Pending* pending() const noexcept { return pending_; }
  /// For the garbage collector.
  int traverse(visitproc visit, void* arg) {
    Py_VISIT(pending_);
    return 0;
  }

  /// Whether it has come. With the GIL.
  [[nodiscard]] bool arrived() const noexcept { return arrived_; }
  /// Takes what it brought: true once.
  [[nodiscard]] bool take() noexcept { return !settled_.exchange(true, std::memory_order_acq_rel); }
  /// Claims it for the operation itself, which is not to wait any longer; false if somebody else
  /// has.
  [[nodiscard]] bool claim_back() noexcept;

  /// The operation lets go: it waits no longer, and what was brought and not taken is given back.
  /// With the GIL; leaves an exception that is set as it is.
  void abandon() noexcept;

 protected:
  Wait() = default;
  virtual ~Wait() {
    if (loop_) loop_->release();
  }

  /// Puts itself into the list of what it waits for. True if suspended.
  virtual bool enlist(lowlevel::Scheduler& where) noexcept = 0;
  virtual bool claim() noexcept = 0;
  /// Takes itself out of the list.
  virtual void forget() noexcept = 0;
  /// Gives back what it was given. Any thread, without the GIL.
  virtual void undo() noexcept = 0;
  virtual void destroy() noexcept = 0;

  /// The job that the claimer posts.
  void arrive() noexcept;

 private:
  bool start_on(lowlevel::Scheduler& where) noexcept;
  void forget_pending() noexcept;
  void let_go() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }

  EventLoop* loop_ = nullptr;
  std::unique_ptr<BlockedThread> thread_;  // instead of a loop
  Pending* pending_ = nullptr;             // with the GIL only
  bool waits_ = false;                     // start() has said so
  bool arrived_ = false;                   // with the GIL only
  std::atomic<bool> settled_{false};
  std::atomic<std::uint8_t> owners_{1};
};

}  // namespace mtaio::python
